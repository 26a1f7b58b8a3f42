"""Who calls: a password is turned into a token, and a token into a merchant's id."""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from peers.fastapi_alchemy.config import SECRET_KEY

ALGORITHM = "HS256"
LIFETIME_S = 2 * 3600
_bearer = HTTPBearer()


def hashed(password: str, salt: bytes | None = None) -> str:
    salt = salt or os.urandom(16)
    return f"{salt.hex()}${hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1).hex()}"


def matches(password: str, known: str) -> bool:
    salt, _, _ = known.partition("$")
    return hmac.compare_digest(hashed(password, bytes.fromhex(salt)), known)


def token_for(merchant_id: int) -> str:
    claims = {"sub": str(merchant_id), "exp": int(time.time()) + LIFETIME_S}
    return jwt.encode(claims, SECRET_KEY, ALGORITHM)


async def merchant(sent: Annotated[HTTPAuthorizationCredentials, Depends(_bearer)]) -> int:
    """The merchant who is told by the token alone: no row is read for it."""
    try:
        return int(jwt.decode(sent.credentials, SECRET_KEY, [ALGORITHM])["sub"])
    except (jwt.InvalidTokenError, KeyError, ValueError) as error:
        raise HTTPException(401) from error


MerchantId = Annotated[int, Depends(merchant)]
