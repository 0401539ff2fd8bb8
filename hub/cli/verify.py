"""`hub verify-log` and `hub verify-receipt`: checks anybody can run, without hub, database, settings or network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from hub.access_log.note import BadNote, Verifier
from hub.access_log.receipt import BadReceipt, Receipt, verify_receipt
from hub.access_log.verify import Report, verify_log
from hub.cli.json_file import json_object

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_KEYS = click.option("--key", "keys", required=True, multiple=True, metavar="VKEY|FILE", help="The log's public key, or a file of them; may be repeated.")


@click.command("verify-log")
@click.argument("file", type=_FILE)
@_KEYS
@click.option("--checkpoint", "checkpoints", multiple=True, type=_FILE, help="A checkpoint kept elsewhere: shows an export that was cut off.")
def verify_log_command(file: Path, keys: tuple[str, ...], checkpoints: tuple[Path, ...]) -> None:
    """Re-derive the tree of an exported log; name every entry altered, dropped, moved or added.

    Keys named in the file itself are not believed: give the key the hub published.
    """
    try:
        report = verify_log(file, _verifiers(keys), witnessed=[path.read_text(encoding="utf-8") for path in checkpoints])
    except BadNote as fault:
        raise click.ClickException(str(fault)) from None
    _show(report, witnessed=len(checkpoints))
    if not report.ok:
        raise click.exceptions.Exit(1)


@click.command("verify-receipt")
@click.argument("receipt", type=_FILE)
@_KEYS
@click.option("--answer", type=_FILE, help="The answer's data, or the whole response: is the receipt of this very answer?")
@click.option("--tlog-proof", "proof", type=click.Path(dir_okay=False, path_type=Path), help="Write it as a C2SP tlog-proof too, for other tools.")
def verify_receipt_command(receipt: Path, keys: tuple[str, ...], answer: Path | None, proof: Path | None) -> None:
    """Prove that an entry is in the log; RECEIPT is a receipt or a whole response of the graph."""
    try:
        given = json_object(receipt)
        held = given.get("extensions", {}).get("receipt", given)
        head = verify_receipt(held, _verifiers(keys), _data(answer) if answer else None)
    except (BadNote, BadReceipt) as fault:
        raise click.ClickException(f"回执不成立 the receipt does not hold: {fault}") from None
    except AttributeError:
        raise click.ClickException(f"{receipt} is not a receipt") from None
    click.echo(f"回执成立 the receipt holds: entry {held['index']} of the log, {head.get('kind', 'entry')} of {head.get('at', 'unknown time')}")
    if answer:
        click.echo("答复相符 it was made for this very answer")
    if proof:
        proof.write_text(Receipt.parse(held).as_tlog_proof(), encoding="utf-8")


def _verifiers(given: Sequence[str]) -> list[Verifier]:
    """Each a vkey, or a file that holds some, one a line. Raises BadNote."""
    found: list[Verifier] = []
    for text in given:
        lines = Path(text).read_text(encoding="utf-8").splitlines() if _is_file(text) else [text]
        found += [Verifier.parse(line.strip()) for line in lines if line.strip()]
    if not found:
        raise BadNote("no public key was given")
    return found


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:  # too long for a path
        return False


def _data(path: Path) -> bytes:
    """The bytes the digest was made over. Of a whole response the data is taken out; the hub writes it as orjson does."""
    value = json_object(path)
    return orjson.dumps(value["data"]) if value.keys() >= {"data", "extensions"} else path.read_bytes().strip()


def _show(report: Report, *, witnessed: int) -> None:
    click.echo(f"log {report.origin or 'without a name'}: {report.size} entries under {report.checkpoints} signed checkpoints")
    for fault in report.faults:
        click.echo(f"  {fault.kind}: {fault.text}")
    if report.open_intents:
        click.echo(f"  {len(report.open_intents)} intents without an outcome; the newest may still have been running")
    if not report.ok:
        click.echo("日志不可信 the log does not hold together")
        return
    click.echo("日志完整 the log holds together")
    if not witnessed:
        click.echo("without --checkpoint nobody sees whether newer entries were cut off together with their checkpoints")
