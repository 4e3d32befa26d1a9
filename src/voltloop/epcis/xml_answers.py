"""Answers of the REST binding in XML that hold no events: capture jobs, problems, collections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from voltloop.epcis.xml_names import EPCIS_2, XSD
from voltloop.epcis.xml_text import XSI_DECLARATION, Namespaces, attribute, element, extension, scalar_text

__all__ = ["capture_job_xml", "capture_jobs_xml", "collection_xml", "problem_xml"]

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_OWN = {"voltloop": "https://voltloop.org/epcis/", "xsd": XSD}
_EPCIS = attribute("xmlns:epcis", EPCIS_2) + XSI_DECLARATION
_EPCIS += "".join(attribute(f"xmlns:{prefix}", namespace) for prefix, namespace in _OWN.items())
_PROBLEM = ("type", "title", "status", "detail", "instance")


def capture_job_xml(job: Mapping[str, Any]) -> bytes:
    """Give a capture job as ``<epcis:EPCISCaptureJob>``.

    Parameters
    ----------
    job
        ``captureID``, ``running``, ``success``, ``captureErrorBehaviour``, and where known ``createdAt``,
        ``finishedAt``, ``errors`` (problems) or ``errorFile``.

    References
    ----------
    EPCIS 2.0 XML Schema, EPCISCaptureJob.

    Examples
    --------
    >>> job = {"captureID": "1", "running": True, "success": True, "captureErrorBehaviour": "rollback"}
    >>> b'captureID="1"' in capture_job_xml(job)
    True
    """
    return (_DECLARATION + _job(job, _EPCIS) + "\n").encode()


def capture_jobs_xml(jobs: Iterable[Mapping[str, Any]]) -> bytes:
    """Give a page of capture jobs: ``<epcis:EPCISCaptureJobs>`` around each job's element.

    Notes
    -----
    The schema of EPCIS 2.0 has an element for one job only; the list is ours.

    Examples
    --------
    >>> b"EPCISCaptureJobs" in capture_jobs_xml([])
    True
    """
    inside = "".join(_job(job) for job in jobs)
    return f"{_DECLARATION}<epcis:EPCISCaptureJobs{_EPCIS}>{inside}</epcis:EPCISCaptureJobs>\n".encode()


def problem_xml(problem: Mapping[str, Any]) -> bytes:
    """Give a problem document as ``<epcis:EPCISException>``, for ``application/problem+xml``.

    Parameters
    ----------
    problem
        Members of RFC 9457 (``type``, ``title``, ``status``, ``detail``, ``instance``); others follow in the
        namespace ``https://voltloop.org/epcis/``.

    References
    ----------
    RFC 9457 section 3; EPCIS 2.0 XML Schema, EPCISException.

    Examples
    --------
    >>> b"<status>404</status>" in problem_xml({"type": "about:blank", "title": "Not found", "status": 404})
    True
    """
    inside = _problem(problem)
    return f"{_DECLARATION}<epcis:EPCISException{_EPCIS}>{inside}</epcis:EPCISException>\n".encode()


def collection_xml(members: Iterable[str]) -> bytes:
    """Give a collection of resources: ``<epcis:Collection>`` with one ``<member>`` each.

    Notes
    -----
    The REST binding allows XML here without giving a schema.

    Examples
    --------
    >>> b"<member>shipping</member>" in collection_xml(["shipping"])
    True
    """
    inside = "".join(element("member", member) for member in members)
    return f"{_DECLARATION}<epcis:Collection{_EPCIS}>{inside}</epcis:Collection>\n".encode()


def _job(job: Mapping[str, Any], declarations: str = "") -> str:
    """Give the element of one job."""
    attributes = "".join(
        attribute(name, scalar_text(job[name])) for name in ("running", "success", "captureID")
    )
    parts = [
        element(name, job[name])
        for name in ("captureErrorBehaviour", "createdAt", "finishedAt")
        if job.get(name) is not None
    ]
    if job.get("errors"):
        parts.append(
            f"<errors>{''.join(f'<error>{_problem(error)}</error>' for error in job['errors'])}</errors>"
        )
    elif job.get("errorFile"):
        parts.append(element("errorFile", job["errorFile"]))
    return f"<epcis:EPCISCaptureJob{declarations}{attributes}>{''.join(parts)}</epcis:EPCISCaptureJob>"


def _problem(problem: Mapping[str, Any]) -> str:
    """Give the members of a problem in the order of the schema."""
    stated = {"type": "about:blank", "title": "Problem"} | {
        name: value for name, value in problem.items() if value is not None
    }
    known = "".join(element(name, scalar_text(stated[name])) for name in _PROBLEM if name in stated)
    own = Namespaces(_OWN)
    more = [
        extension(f"voltloop:{name}", value, own) for name, value in stated.items() if name not in _PROBLEM
    ]
    return known + "".join(more)
