"""Reading a sale out of decoded JSON, part by part: each part tells all of its faults."""
