"""The emulation; here the same arithmetic as the chip."""
from . import machine


class Brian2Backend:
    def run(self, net, steps, quantize_weights):
        machine.run(net, steps)
