"""Check digits of French identifiers."""

import re

_NIR = re.compile(r"^([1-478])(\d{2})(0[1-9]|1[0-2]|[2-9]\d)(\d{2}|2[AB])(\d{3})(\d{3})(\d{2})$")
_NIR_13 = re.compile(r"^([12])(\d{2})(0[1-9]|1[0-2])(0[1-9]|[1-8]\d|9[0-9]|2[AB])(\d{3})(\d{3})$")


def is_nir(text: str) -> bool:
    """A NIR or INS of 15 characters whose key is right: key = 97 - (N mod 97), 2A as 19 and 2B as 18."""
    if len(text) < 15 or len(text) > 40:
        return False
    digits = re.sub(r"[\s.\-]", "", text).upper()
    if not _NIR.match(digits):
        return False
    number = digits[:13].replace("2A", "19").replace("2B", "18")
    return number.isdigit() and 97 - int(number) % 97 == int(digits[13:])


def is_nir_without_key(text: str) -> bool:
    """13 characters with the structure of a NIR; the structure alone proves nothing for one value."""
    return 13 <= len(text) <= 24 and _NIR_13.match(re.sub(r"[\s.\-]", "", text).upper()) is not None


def luhn(text: str) -> bool:
    """Luhn's check digit (RPPS, ADELI, FINESS, SIREN)."""
    if not text.isdigit():
        return False
    total = 0
    for position, char in enumerate(reversed(text)):
        digit = int(char)
        if position % 2:
            digit = digit * 2 - 9 if digit > 4 else digit * 2
        total += digit
    return total % 10 == 0


def is_iban(text: str) -> bool:
    """A French or Monegasque IBAN whose modulus is right."""
    compact = re.sub(r"\s", "", text).upper()
    if not re.fullmatch(r"(?:FR|MC)\d{2}[A-Z0-9]{23}", compact):
        return False
    turned = compact[4:] + compact[:4]
    return int("".join(str(int(char, 36)) for char in turned)) % 97 == 1
