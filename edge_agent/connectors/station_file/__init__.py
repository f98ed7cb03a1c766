"""Reads the files of environment stations from the folder that an FTP server fills."""
