"""What people see. Each view is a process of its own and holds no state that matters."""
