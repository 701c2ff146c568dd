"""The program: the only floor that touches the network, the clock, the disk, processes and the database."""
