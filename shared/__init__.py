"""Libraries every service stands on: the public language, the chassis, the kernel of holds."""
