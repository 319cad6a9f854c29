"""What people correct about themselves, and what stays as it was approved."""

from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.accounts.sign_in.attempts import events
from tests.conftest import Cast


class TestProfile:
    def test_names_and_speciality_can_be_corrected_and_that_is_on_record(
        self, client: Client, cast: Cast
    ) -> None:
        client.force_login(cast.doctor)
        data = {"first_name": "Dora", "last_name": "Doe", "speciality": "Pneumology"}
        answer = client.post(reverse("profile"), data, follow=True)
        assert "saved" in answer.content.decode()
        user = User.objects.get(pk=cast.doctor.pk)
        assert (user.get_full_name(), user.speciality) == ("Dora Doe", "Pneumology")
        (event,) = events("user.changed")
        assert event.facts["changed"] == ["first_name", "last_name", "speciality"]

    def test_what_was_approved_stays(self, client: Client, cast: Cast) -> None:
        client.force_login(cast.doctor)
        data = {
            "first_name": "D", "last_name": "D", "speciality": "Radiology", "email": "x@y.example",
            "role": "administrator", "clinic": cast.clinic_b.pk, "licence_number": "X",
        }  # fmt: skip
        client.post(reverse("profile"), data)
        user = User.objects.get(pk=cast.doctor.pk)
        assert (user.email, user.role, user.clinic, user.licence_number) == (
            cast.doctor.email, "doctor", cast.clinic_a, "A-1",
        )  # fmt: skip

    def test_a_mistake_is_shown_and_the_frame_still_has_the_stored_name(
        self, client: Client, cast: Cast
    ) -> None:
        client.force_login(cast.doctor)
        answer = client.post(reverse("profile"), {"first_name": "Nobody", "last_name": "", "speciality": "x"})
        assert answer.status_code == 200
        assert "Nobody Test" not in answer.content.decode()
        assert User.objects.get(pk=cast.doctor.pk).first_name == cast.doctor.first_name
