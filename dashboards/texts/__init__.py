"""The boards' texts: each in English and in Chinese, with the words of the project's terms."""
