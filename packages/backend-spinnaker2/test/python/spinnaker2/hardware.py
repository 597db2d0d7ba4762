"""Chip and board."""
from . import machine


class SpiNNaker2Chip:
    def __init__(self, eth_ip):
        self.ip = eth_ip

    def run(self, net, steps, sys_tick_in_s):
        assert sys_tick_in_s > 0
        machine.run(net, steps)


class SpiNNcloud48NodeBoard(SpiNNaker2Chip):
    def __init__(self, stm_ip):
        super().__init__(stm_ip)
