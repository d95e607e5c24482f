"""From an owner's archive to a folder of pictures: fetched, unpacked, checked."""
