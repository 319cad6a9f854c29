"""What pages show, put together from the record and put into words."""
