"""What the MinIO SDK raises, as errors of ours: one place, so that every caller fails in the same words."""

from collections.abc import Iterator
from contextlib import contextmanager

from minio.error import InvalidResponseError, MinioAdminException, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError

from tre.core.errors import Forbidden, Invalid, NotFound, Temporary, TreError, Unavailable

_ABSENT = {"NoSuchKey", "NoSuchBucket", "NoSuchVersion", "NoSuchObject", "NoSuchUpload"}
_BUSY = {"SlowDown", "SlowDownRead", "SlowDownWrite", "ServerNotInitialized", "InternalError", "RequestTimeout"}
_RETRY = "The reconciler tries again by itself; if it lasts, look at the object store's own log."


def _from_s3(error: S3Error, what: str) -> TreError:
    code = error.code or "unknown"
    if code in _ABSENT:
        return NotFound("object-not-found", f"Not in the object store: {what}.", "Check the name and the version.")
    if code == "AccessDenied":
        return Forbidden("object-store-denied", f"Refused by the object store: {what}.", "Check the platform's policy.")
    if code in _BUSY:
        return Temporary("object-store-busy", f"The object store did not answer ({code}): {what}.", _RETRY)
    if code in {"XMinioAdminBucketQuotaExceeded", "QuotaExceeded", "EntityTooLarge"}:
        return Invalid("object-store-full", f"The project's quota is used up: {what}.", "Delete files or ask for more.")
    return Unavailable("object-store-error", f"The object store answered {code}: {what}.", _RETRY)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise TreError instead of the SDK's errors; ``what`` names the operation and holds no secret."""
    try:
        yield
    except S3Error as error:
        raise _from_s3(error, what) from error
    except (ServerError, InvalidResponseError, HTTPError, OSError) as error:
        raise Temporary("object-store-unreachable", f"The object store cannot be reached: {what}.", _RETRY) from error
    except MinioAdminException as error:
        # its text may repeat what was sent: only the status goes further
        status = str(error.args[0]) if error.args else ""
        message = f"The object store refused to {what} ({status[:60]})."
        raise Unavailable("object-store-admin", message, _RETRY) from error
    except MinioException as error:
        raise Unavailable("object-store-error", f"The object store failed: {what}.", _RETRY) from error
