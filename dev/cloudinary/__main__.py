"""`python -m dev.cloudinary PORT FOLDER CLOUD_NAME API_KEY API_SECRET ADMIN_LIMIT LARGEST`."""

import sys
from pathlib import Path

from dev.cloudinary.service import Service
from dev.cloudinary.signature import Account


def main() -> None:
    port, folder, cloud_name, api_key, api_secret, admin_limit, largest = sys.argv[1:]
    account = Account(cloud_name, api_key, api_secret)
    service = Service(int(port), Path(folder), account, int(admin_limit), int(largest))
    service.serve_forever()


main()
