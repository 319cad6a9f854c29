"""A patient number is guessed where it can be nothing else; every doubt gives none."""

import io

import pytest

from diagnosis.services.intake.guessing import guessed_number, number_in_name
from tests.dicom_studies import dicom_film
from tests.films import phantom_png


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("P-1042_pa.png", "P-1042"),
        ("1042 chest.jpg", "1042"),
        ("chest_P1042.PNG", "P1042"),
        ("MRN204417.jpg", "MRN204417"),
        ("chest 482913 AP.jpeg", "482913"),
        ("24-1042.png", "24-1042"),
        ("ID 1042.png", "1042"),
        ("P-1042 (2).png", "P-1042"),
        ("P-1042 p-1042.png", "p-1042"),
        ("films/2024/P-1042.png", "P-1042"),
        ("C:\\films\\P-1042.png", "P-1042"),
        ("00412345.dcm", "00412345"),
        ("P-1042", "P-1042"),
        ("4829137.png", "4829137"),
        ("no 1042.png", "1042"),
        ("Max 1500.png", "1500"),
    ],
)
def test_a_number_in_a_name_is_found(name: str, number: str) -> None:
    assert number_in_name(name) == number


@pytest.mark.parametrize(
    "name",
    [
        "IMG_0001.jpg", "IMG_1042.JPG", "IMG-1042.jpg", "IMG1042.jpg", "DSC01234.JPG", "DSC_1234.JPG",
        "DSCN4711.jpg", "P1000123.JPG", "PXL_20240131_101112345.jpg", "20240131_101112.jpg",
        "20240131.png", "31012024.png", "2024-01-31.png", "31.01.2024.png", "31-1-24.png", "240131.png",
        "101112.png", "2024.png", "1961 chest.png", "IMG-20240131-WA0001.jpg",
        "WhatsApp Image 2024-01-31 at 10.11.12 (1042).jpeg", "Screenshot 4711.png",
        "1.2.826.0.1.3680043.10.999.1.dcm", "1.2.840.113619.2.png", "1706695872.jpg", "1706695872123.jpg",
        "chest.png", "pa.png", "scan 12345.png", "Scan12345.png", "photo 4711.jpg", "film 1042.png",
        "page-12.png", "0001.png", "0042 chest.png", "001.png", "7.png", "12.png", "123.png",
        "1042 1043.png", "P-1042 P-1043.png", "2 of 1040.png", "1024x2048.png", "1024 x 2048.png",
        "550e8400-e29b-41d4-a716-446655440000.png", "9f86d081884c7d659a2feaa0c55ad015.png", "Jan2024.png",
        "v1042.png", "age63.png", "kv120.png", "IM-0001-0001.dcm", "", ".", "....", "١٠٤٢.png",
        "12345678901.png",
        # with a date or a time anywhere
        "P-1042 2024-01-31.png", "P-1042_20240131_101112.png", "P-1042 (31.01.2024).png", "P-1042 2024.png",
        "2024_01_31 4711.png", "31 01 2024 4711.png", "P-1042 31 Jan.png", "P-1042 Jan 24.png",
        "P-1042 10.11.png", "P-1042 10h11.png", "P-1042 at 10 pm.png", "20240131-101112 4711.png",
        "P-1042 2024-01.png", "P-1042 202401311011.png", "P-1042 1706695872.png", "482913 101112.png",
        # counters of cameras, scanners, rooms
        "Foto 4711.jpg", "foto4711.jpg", "Bild_4711.jpg", "Aufnahme 4711.png", "FullSizeRender 4711.jpg",
        "FullSizeRender(4711).jpg", "CamScanner 4711.jpg", "received_4711.jpeg", "received_482913.jpeg",
        "Image 4711.png", "scan_4711.png", "room 4711.png", "Room-4711.png", "room no 4711.png",
        "bed 4711.png", "Ward_4711.png", "Zimmer 4711.png", "photo no. 4711.jpg", "Image - 4711.png",
        # a day without its zero
        "3112024.png", "1312024.png", "2024131.png", "2024113.png", "MRN3112024.png",
        # settings
        "Max_120kV_1500.png", "Max 120 kV 1500.png", "kV120_1500.png", "chest 2mAs 1500.png", "63y 1500.png",
    ],
)  # fmt: skip
def test_what_may_be_something_else_is_not_guessed(name: str) -> None:
    assert number_in_name(name) == ""


def test_the_header_of_a_dicom_film_goes_before_its_name() -> None:
    film = dicom_film(PatientID="K-77")
    assert guessed_number(io.BytesIO(film), "P-1042.dcm") == "K-77"


def test_a_dicom_film_without_a_number_of_its_own_has_the_one_of_its_name() -> None:
    for number in ("", "ANONYMOUS"):
        film = dicom_film(PatientID=number)
        assert guessed_number(io.BytesIO(film), "P-1042.dcm") == "P-1042"
        assert guessed_number(io.BytesIO(film), "IM0001") == ""


def test_a_picture_and_a_damaged_file_have_that_of_their_name() -> None:
    assert guessed_number(io.BytesIO(phantom_png()), "P-1042.png") == "P-1042"
    assert guessed_number(io.BytesIO(dicom_film()[:300]), "1042.dcm") == "1042"
    assert guessed_number(io.BytesIO(b""), "1042.dcm") == "1042"
