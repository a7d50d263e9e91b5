"""The same for k9-load as a Python function."""

import os

import k9

URL = os.environ["URL"]


async def default():
    response = await k9.http.get(URL)
    assert response.status == 200, response.status
