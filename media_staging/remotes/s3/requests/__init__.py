"""What is asked of the server: prepared by botocore, sent in one of two ways."""
