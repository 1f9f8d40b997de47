"""What travels between processes: messages, and the sockets that carry them."""
