"""The address of the person a notice is for."""

from __future__ import annotations

from cloud.notify.notifier import Address
from cloud.notify.recipient import person_of
from cloud.people.people import People, Person
from cloud.store.rows import NoticeRow


def address_of(row: NoticeRow, people: People) -> Address | None:
    """Where the person is reached; None when the notice is for whomever the channel's configuration names."""
    person = people.persons.get(person_of(row.channel))
    return None if person is None else address_of_person(person)


def address_of_person(person: Person) -> Address:
    """Where a person is reached."""
    return Address(
        person=person.id,
        name=person.name,
        language=person.language,
        email=person.email,
        phone=person.phone,
        zalo=person.zalo or person.phone,
    )
