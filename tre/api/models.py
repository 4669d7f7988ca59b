"""Tables of the web application: sign-ins under way, signed-in sessions, provider sessions that ended.

They are not state of the platform (no audit guard): signing in and out are audited, being seen is not.
"""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tre.db.base import Base


class WebSession(Base):
    """A browser that is signed in; the cookie's value is known here only by its hash."""

    __tablename__ = "web_session"
    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(40), index=True)
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(120), index=True)
    sid: Mapped[str | None] = mapped_column(String(120), index=True)
    token_roles: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SignIn(Base):
    """A code flow that has left for the identity provider; bound to the browser by a cookie, used once."""

    __tablename__ = "web_sign_in"
    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(64))
    nonce: Mapped[str] = mapped_column(String(64))
    verifier: Mapped[str] = mapped_column(String(128))
    return_to: Mapped[str] = mapped_column(String(500))
    invitation: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(index=True)


class EndedSid(Base):
    """A provider session that signed out: bearer tokens of it are refused until they expire by themselves."""

    __tablename__ = "web_ended_sid"
    sid: Mapped[str] = mapped_column(String(120), primary_key=True)
    ended_at: Mapped[datetime]
