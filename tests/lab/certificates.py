"""Certificates made for one test run: an authority nobody else trusts, and what it (or nobody) signed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

NAME = "portal.lab.example"
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Certified:
    """Two PEM files: the certificate (behind it what else the server sends) and its key."""

    certificate: Path
    key: Path
    made: x509.Certificate

    @property
    def fingerprint(self) -> str:
        return self.made.fingerprint(hashes.SHA256()).hex()


class Authority:
    def __init__(self, folder: Path, name: str = "Lab CA", above: "Authority | None" = None) -> None:
        """``above`` signs it; else it signs itself."""
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        made = _builder(subject, above.certificate.subject if above else subject, self._key, 3650)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.certificate = made.sign(above._key if above else self._key, hashes.SHA256())
        self.file = folder / f"{name.lower().replace(' ', '-')}.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(
        self,
        label: str,
        *names: str,
        days: int = 90,
        started_days_ago: int = 1,
        key: Key | None = None,
        self_signed: bool = False,
    ) -> Certified:
        """``days``: until it ends, negative for one that has ended; it began before that in any case."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = _name(names[0] if names else NAME)
        issuer = subject if self_signed else self.certificate.subject
        builder = _builder(subject, issuer, key, days, max(started_days_ago, 1 - days))
        alternative = [_alternative(name) for name in names or (NAME,)]
        builder = builder.add_extension(x509.SubjectAlternativeName(alternative), critical=False)
        made = builder.sign(key if self_signed else self._key, hashes.SHA256())
        certificate, private = self._folder / f"{label}.pem", self._folder / f"{label}.key"
        certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        plain = serialization.PrivateFormat.TraditionalOpenSSL
        private.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, plain, serialization.NoEncryption()),
        )
        return Certified(certificate, private, made)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(subject: x509.Name, issuer: x509.Name, key: Key, days: int, began: int = 1) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=began))
        .not_valid_after(now + timedelta(days=days))
    )
