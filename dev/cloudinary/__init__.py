"""Cloudinary on loopback: what the remote uses of it, as its public documentation describes it.

    local.py      starts and stops it, and tells it to misbehave      (in the caller's process)
    __main__.py   the program itself                                  (in its own, from here on)
    service.py    which address means what
    form.py       multipart forms, read while they arrive
    signature.py  who may ask
    assets.py     what is stored, in a folder
    upload.py     Upload API: upload, in chunks as well, explicit and destroy
    admin.py      Admin API: look-up and listing, with its hourly allowance
    delivery.py   pictures, and smaller pictures by the words of their URL
    faults.py     misbehaviour on demand
    answers.py    error shapes

Sources: https://cloudinary.com/documentation/image_upload_api_reference, …/admin_api,
…/signatures, …/transformation_reference, and the error texts in the issues of its SDKs.
"""
