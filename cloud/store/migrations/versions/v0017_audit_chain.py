"""Every row of the audit log stands on the row before it; the rows that are there get their place in the chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cloud.store.audit_chain import digest_of

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 1000
READ = sa.text(
    "SELECT number, at, actor, action, target, detail FROM audit WHERE number > :after ORDER BY number LIMIT :n"
)
WRITE = sa.text("UPDATE audit SET previous = :previous, digest = :digest WHERE number = :number")
END = sa.text("INSERT INTO audit_end (name, number, digest) VALUES (:name, :number, :digest)")


def upgrade() -> None:
    """Adds the digests, and the two ends of the chain."""
    for name in ("previous", "digest"):
        op.add_column("audit", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.create_table(
        "audit_end",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
    )
    connection = op.get_bind()
    last, digest = 0, ""
    while rows := connection.execute(READ, {"after": last, "n": ROWS_AT_ONCE}).all():
        changes = []
        for number, *cells in rows:
            previous, digest, last = digest, digest_of(digest, number, tuple(cells)), number
            changes.append({"number": number, "previous": previous, "digest": digest})
        connection.execute(WRITE, changes)
    connection.execute(END, [{"name": "head", "number": last, "digest": digest}])
    connection.execute(END, [{"name": "forgotten", "number": 0, "digest": ""}])


def downgrade() -> None:
    """A schema is never taken back: restore a backup instead."""
    raise NotImplementedError("restore a backup: a schema is never taken back")
