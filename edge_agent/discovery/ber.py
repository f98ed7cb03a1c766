"""The little of BER that an SNMP v2c question and its answer need (RFC 1157, RFC 3416). Pure, bounded, never guesses.

```
 SEQUENCE { INTEGER version=1, OCTET STRING community, PDU [0 = GetRequest | 2 = Response] {
     INTEGER id, INTEGER error, INTEGER index, SEQUENCE OF SEQUENCE { OBJECT IDENTIFIER name, value } } }
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from edge_agent.connector import EdgeError

INTEGER, OCTETS, NULL, OID, SEQUENCE, GET, RESPONSE = 0x02, 0x04, 0x05, 0x06, 0x30, 0xA0, 0xA2
V2C = 1
LONGEST = 8192


class BerError(EdgeError, ValueError):
    """The bytes are no answer that we understand."""


def get_request(names: Sequence[str], *, community: str, request: int) -> bytes:
    """A question for these object identifiers."""
    asked = b"".join(_part(SEQUENCE, _part(OID, _oid(name)) + _part(NULL, b"")) for name in names)
    pdu = _integer(request) + _integer(0) + _integer(0) + _part(SEQUENCE, asked)
    return _part(SEQUENCE, _integer(V2C) + _part(OCTETS, community.encode()) + _part(GET, pdu))


def response(answer: bytes) -> tuple[int, Mapping[str, str]]:
    """The number of the question and what was said, as text by object identifier; BerError when it is no response."""
    if len(answer) > LONGEST:
        raise BerError("too long")
    _version, _community, (kind, pdu) = _parts(_only(answer, SEQUENCE), 3)
    if kind != RESPONSE:
        raise BerError("no response")
    (_, request), (_, error), _index, (_, said) = _parts(pdu, 4)
    values: dict[str, str] = {}
    if int.from_bytes(error, "big"):
        return int.from_bytes(request, "big", signed=True), values
    for tag, pair in _each(said):
        if tag != SEQUENCE:
            raise BerError("no pair")
        (_, name), (form, value) = _parts(pair, 2)
        if form in (OCTETS, OID, INTEGER):
            values[_oid_text(name)] = _text(form, value)
    return int.from_bytes(request, "big", signed=True), values


def _text(form: int, value: bytes) -> str:
    if form == OID:
        return _oid_text(value)
    if form == INTEGER:
        return str(int.from_bytes(value, "big", signed=True))
    return value.decode("utf-8", "replace")


def _part(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _integer(value: int) -> bytes:
    return _part(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def _oid(name: str) -> bytes:
    first, second, *rest = (int(part) for part in name.split("."))
    return bytes([40 * first + second]) + b"".join(_base128(part) for part in rest)


def _base128(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(0x80 | number & 0x7F)
    return bytes(reversed(digits))


def _oid_text(content: bytes) -> str:
    if not content or content[-1] & 0x80:
        raise BerError("no object identifier")
    numbers, number = [], 0
    for byte in content:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def _only(content: bytes, tag: int) -> bytes:
    found = list(_each(content))
    if len(found) != 1 or found[0][0] != tag:
        raise BerError("not one thing")
    return found[0][1]


def _parts(content: bytes, count: int) -> list[tuple[int, bytes]]:
    found = list(_each(content))
    if len(found) != count:
        raise BerError(f"{len(found)} parts instead of {count}")
    return found


def _each(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The parts that lie one behind the other."""
    place = 0
    while place < len(content):
        if place + 2 > len(content):
            raise BerError("cut short")
        tag, size = content[place], content[place + 1]
        place += 2
        if size & 0x80:
            digits = size & 0x7F
            if not 1 <= digits <= 2 or place + digits > len(content):
                raise BerError("no length")
            size = int.from_bytes(content[place : place + digits], "big")
            place += digits
        if place + size > len(content):
            raise BerError("cut short")
        yield tag, content[place : place + size]
        place += size
