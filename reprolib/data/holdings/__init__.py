"""What a holder of photographs does once: fetch, unpack, crop and check them."""
