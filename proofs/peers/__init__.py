"""What people would pick instead: the same durable flow, plainly written, to be measured beside."""
