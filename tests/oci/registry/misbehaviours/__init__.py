"""What the client does about each misbehaviour: the table that test_misbehaviour.py runs.

Read a row as: with this fault, doing that succeeds all the same, or fails with such an error; with so many
requests, where the number is the point.
"""

from __future__ import annotations

from tests.oci.registry.misbehaviours.answers import ANSWERS
from tests.oci.registry.misbehaviours.authentication import AUTHENTICATION
from tests.oci.registry.misbehaviours.lists import LISTS
from tests.oci.registry.misbehaviours.manifests import MANIFESTS
from tests.oci.registry.misbehaviours.row import Row, Table
from tests.oci.registry.misbehaviours.uploads import UPLOADS

__all__ = ["TABLE", "Row"]

TABLE: Table = {**UPLOADS, **MANIFESTS, **ANSWERS, **LISTS, **AUTHENTICATION}
