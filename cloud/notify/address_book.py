"""The address of the person a notice is for."""

from __future__ import annotations

from cloud.notify.notifier import Address
from cloud.notify.recipient import person_of
from cloud.people.people import People
from cloud.store.rows import NoticeRow


def address_of(row: NoticeRow, people: People) -> Address | None:
    """Where the person is reached; None when the notice is for whomever the channel's configuration names."""
    person = people.persons.get(person_of(row.channel))
    if person is None:
        return None
    return Address(
        person=person.id,
        name=person.name,
        language=person.language,
        email=person.email,
        phone=person.phone,
        zalo=person.zalo or person.phone,
    )
