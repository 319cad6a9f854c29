"""Listens for X-ray machines that send films by C-STORE."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from diagnosis.listener import server


class Command(BaseCommand):
    help = "Listen for X-ray machines (DICOM C-ECHO and C-STORE) until it is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        everywhere = "0.0.0.0"  # noqa: S104 - X-ray machines are other computers; callers are known or sent off
        parser.add_argument("--address", default=everywhere, help="the interface to listen on (all)")
        parser.add_argument("--port", type=int, default=settings.DICOM_PORT, help="the port (DICOM_PORT)")
        parser.add_argument("--check", action="store_true", help="ask a running listener whether it answers")

    def handle(self, *, address: str, port: int, check: bool, **options: Any) -> None:
        if check:
            self._check(port)
            return
        try:
            running = server.start(self._options(address, port))
        except OSError as error:
            raise CommandError(f"Cannot listen on {address}:{port}: {error.strerror or error}.") from error
        self.stdout.write(f"Listening for X-ray machines on {address}:{port} as {settings.DICOM_AE_TITLE}.")
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        ended.wait()
        running.shutdown()

    def _options(self, address: str, port: int) -> server.Options:
        tls = None
        if settings.DICOM_TLS_CERTIFICATE:
            try:
                tls = server.tls_context(
                    settings.DICOM_TLS_CERTIFICATE, settings.DICOM_TLS_KEY, settings.DICOM_TLS_CLIENTS
                )
            except OSError as error:
                raise CommandError(
                    f"The certificate, its key or the clients' authority cannot be used: {error}"
                ) from error
        return server.Options(
            address=address,
            port=port,
            ae_title=settings.DICOM_AE_TITLE,
            associations=settings.DICOM_ASSOCIATIONS,
            most_bytes=settings.MAX_FILM_BYTES,
            folder=settings.DATA_DIR / "incoming",
            tls=tls,
        )

    def _check(self, port: int) -> None:
        """C-ECHO to the listener of this machine."""
        from pynetdicom import AE
        from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]  # made at run time

        caller = AE("CARINA-CHECK")
        caller.add_requested_context(Verification)
        caller.connection_timeout = caller.acse_timeout = caller.dimse_timeout = 5
        tls = None
        if settings.DICOM_TLS_CERTIFICATE:
            import ssl

            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it is this machine's own
            if settings.DICOM_TLS_CLIENTS:
                context.load_cert_chain(settings.DICOM_TLS_CERTIFICATE, settings.DICOM_TLS_KEY)
            tls = (context, "")
        association = caller.associate("127.0.0.1", port, ae_title=settings.DICOM_AE_TITLE, tls_args=tls)
        answered = association.is_established and association.send_c_echo()
        if association.is_established:
            association.release()
        if not answered or answered.Status != 0:
            raise CommandError(f"The listener on port {port} does not answer.")
        self.stdout.write("It answers.")
