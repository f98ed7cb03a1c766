"""`thacba-cloud notify`: sends one marked test notice through a configured channel, and says what came of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from cloud.config import CentreConfig, load_config
from cloud.console import FAILED, Config, Json, opened_state, told
from cloud.errors import ConfigurationError
from cloud.exercise.house import channel_for
from cloud.inventory.load import load_inventory
from cloud.inventory.sites import Inventory
from cloud.notify.address_book import address_of_person
from cloud.notify.content import LABEL, NoticeContent, Words
from cloud.notify.notifier import Address, NoticeLinkError, NoticeMisconfiguredError, NoticeRefusedError, Notifier
from cloud.settings import read_people
from cloud.store.base import AuditRow
from device_profiles.clock import SystemClock
from device_profiles.explain import did_you_mean

ATTEMPT_S = 60.0
PERSONAL = ("email", "sms", "zalo")  # kinds of channels that reach persons one by one
TEXT = Words("Tin thử từ trung tâm điều hành", "Test notice from the operations centre")
INSTRUCTION = Words("Không cần làm gì.", "Nothing to do.")
HINTS = {
    "taken": "",
    "unreachable": "the other side did not take it now; look at the network and at the other side",
    "refused": "it can never be delivered like this; look at the recipient and at the channel's limits",
    "misconfigured": "the channel is set up wrongly; look at its address, secret and permissions",
}

app = typer.Typer(no_args_is_help=True, help="Notices: try a channel.")
ChannelName = Annotated[str, typer.Argument(help="Name of a channel in the configuration.")]
Person = Annotated[str, typer.Option("--to", help="Id of a person; left out = whom the channel's configuration names.")]
Site = Annotated[str, typer.Option("--site", help="Id of a site, for channels that speak to areas.")]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a test notice. Addresses are not in it."""

    channel: str
    kind: str
    person: str
    outcome: str
    error: str
    seconds: float


@app.command("test")
def try_command(channel: ChannelName, config: Config, to: Person = "", site: Site = "", as_json: Json = False) -> None:
    """Sends one notice marked THỬ NGHIỆM / TEST; 1 when it is not taken."""
    with told():
        settings = load_config(config)
        outcome = asyncio.run(_tried(settings, channel, to, site))
        with opened_state(config) as state:
            detail = f"to={to or '-'} {outcome.outcome}"
            state.put_audit(AuditRow(SystemClock().now_ms(), "console", "notify_test", channel, detail))
    if as_json:
        typer.echo(json.dumps(asdict(outcome), ensure_ascii=False))
    else:
        typer.echo(_sentence(outcome), err=outcome.outcome != "taken")
    if outcome.outcome != "taken":
        raise typer.Exit(FAILED)


async def _tried(settings: CentreConfig, name: str, person: str, site: str) -> Outcome:
    known = {each.name: each for each in settings.notify.channels}
    if name not in known:
        raise ConfigurationError(f"there is no channel {name!r}{_hint(name, list(known))}")
    wanted = known[name]
    if person and wanted.kind not in PERSONAL:
        raise ConfigurationError(f"channel {name} ({wanted.kind}) does not reach persons one by one; leave --to out")
    address = _address(settings, person) if person else None
    inventory = load_inventory(settings.sites_dir)
    content = _content(settings, inventory, name, site)
    clock = SystemClock()
    notifier = channel_for(wanted, settings, inventory, clock).notifier
    began = clock.monotonic()
    try:
        outcome, error = await _attempt(notifier, content, address)
    finally:
        await notifier.close()
    return Outcome(name, wanted.kind, person, outcome, error, round(clock.monotonic() - began, 2))


async def _attempt(notifier: Notifier, content: NoticeContent, to: Address | None) -> tuple[str, str]:
    try:
        async with asyncio.timeout(ATTEMPT_S):
            await notifier.send(content, to=to)
    except NoticeMisconfiguredError as error:
        return "misconfigured", str(error)
    except NoticeRefusedError as error:
        return "refused", str(error)
    except (NoticeLinkError, TimeoutError) as error:
        return "unreachable", str(error) or f"no answer within {ATTEMPT_S:g} s"
    return "taken", ""


def _address(settings: CentreConfig, person: str) -> Address:
    people = read_people(settings)
    if person not in people.persons:
        raise ConfigurationError(f"there is no person {person!r}{_hint(person, list(people.persons))}")
    return address_of_person(people.persons[person])


def _content(settings: CentreConfig, inventory: Inventory, channel: str, site: str) -> NoticeContent:
    if site and site not in inventory.sites:
        raise ConfigurationError(f"there is no site {site!r}{_hint(site, list(inventory.sites))}")
    name = inventory.sites[site].name if site else None
    now = SystemClock().now_ms()
    return NoticeContent(
        v=1, key=f"test:{now}:{channel}", kind="test", label=LABEL, alarm=f"test-{now}", rule="test", rule_version="1",
        level="-", severity=4, site=site,
        site_name=Words(name.vi, name.en) if name else Words("Trung tâm", "Operations centre"),
        gateway="@centre", device="notify", point="", value=None, threshold=None, unit="", observed_at=now,
        received_at=now, text=TEXT, instruction=INSTRUCTION, link=settings.http.public_url,
    )  # fmt: skip


def _sentence(outcome: Outcome) -> str:
    whom = f" for {outcome.person}" if outcome.person else ""
    if outcome.outcome == "taken":
        return f"{outcome.channel} ({outcome.kind}) has taken the test notice{whom} in {outcome.seconds:g} s"
    return f"{outcome.channel} ({outcome.kind}), {outcome.outcome}{whom}: {outcome.error}\n{HINTS[outcome.outcome]}"


def _hint(name: str, known: list[str]) -> str:
    guess = did_you_mean(name, known)
    return f" ({guess})" if guess else f"; there are {', '.join(sorted(known)) or 'none'}"
