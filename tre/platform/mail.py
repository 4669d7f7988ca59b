"""Mail by SMTP. What goes in is chosen by the callers: never project data (design §9)."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from tre.core.errors import Invalid, Temporary
from tre.core.settings import Settings


class Mailer:
    """Sends plain text. Without a host in the settings it sends nothing and says so by ``enabled``."""

    def __init__(self, settings: Settings) -> None:
        self._host, self._port, self._sender = settings.smtp_host, settings.smtp_port, settings.mail_from
        self.enabled = bool(self._host)

    def send(self, recipient: str, subject: str, text: str) -> bool:
        """Send one mail; False when mail is switched off. Raises Temporary when the server does not take it."""
        if any(mark in value for value in (recipient, subject) for mark in "\r\n"):
            raise Invalid("mail-header-invalid", "A mail header holds a line break.", "")
        if not self.enabled:
            return False
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, recipient, subject
        message["Date"], message["Message-ID"] = formatdate(localtime=False), make_msgid(domain="tre.invalid")
        message.set_content(text)
        try:
            with smtplib.SMTP(self._host, self._port, timeout=10) as server:
                if server.has_extn("starttls"):
                    server.starttls(context=ssl.create_default_context())
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise Temporary("mail-failed", "The mail server did not take the mail.", "It is sent again.") from error
        return True
