"""The key that signs evidence also signs the hours of the series."""

from dataclasses import dataclass

from scanner.service.signing import Signer


@dataclass(frozen=True, slots=True)
class Pen:
    """A ``SealSigner`` of the store."""

    signer: Signer

    @property
    def key_id(self) -> str:
        return self.signer.key_id

    def sign(self, message: bytes) -> bytes:
        return self.signer.key.sign(message)
