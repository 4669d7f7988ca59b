"""Certificates for tests: one authority, and leaves for servers and clients."""

import datetime as dt
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


@dataclass
class Authority:
    """Writes ``<name>.crt`` and ``<name>.key`` into its folder; ``ca.crt`` is its own."""

    folder: Path
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        self._certificate = self._sign(_name("tests"), self.key.public_key(), authority=True)
        (self.folder / "ca.crt").write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def leaf(self, name: str) -> Path:
        """A certificate for the loopback address that may be server and client; returns the certificate's path."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(_name(name), key.public_key(), authority=False)
        path = self.folder / f"{name}.crt"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (self.folder / f"{name}.key").write_bytes(key.private_bytes(*form))
        return path

    def _sign(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, authority: bool) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_name("tests"))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(minutes=5))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if not authority:
            builder = builder.add_extension(usage, critical=False).add_extension(names, critical=False)
        return builder.sign(self.key, hashes.SHA256())
