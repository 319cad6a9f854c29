"""A line that is slow and loses packets, from this machine to a network namespace that has no other way out.

Two TUN devices are its ends, and a thread carries each packet from one to the other: at so many bits a second
each way, and some never. Above them stands the kernel's own TCP. Linux, as root, with iproute2.
"""

import fcntl
import os
import random
import select
import struct
import subprocess
import threading
import time
from collections import deque
from types import TracebackType
from typing import Final, Self

TUNSETIFF: Final = 0x400454CA
IFF_TUN_NO_INFO: Final = 0x1001
MTU: Final = 1500
QUEUE: Final = 20  # packets that wait for their turn; more are dropped, as by a small router
HERE, THERE = "10.213.64.1", "10.213.64.2"


class _Way:
    """One direction: what is on it, and when the next packet may leave."""

    def __init__(self, source: int, target: int, line: "LossyLine") -> None:
        self.source, self._target, self._line = source, target, line
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._free_at = 0.0
        self.carried = self.lost = self.bytes = 0

    def take(self, now: float) -> None:
        """A packet enters: it arrives when all before it and itself have gone over the line, or never."""
        packet, line = os.read(self.source, MTU), self._line
        if line.chance.random() < line.loss or sum(gone > now for gone, _ in self._waiting) >= QUEUE:
            self.lost += 1
            return
        self._free_at = max(self._free_at, now) + len(packet) / line.rate
        self._waiting.append((self._free_at, packet))

    def deliver(self, now: float) -> None:
        while (at := self.next_at) is not None and at <= now:
            self.bytes += os.write(self._target, self._waiting.popleft()[1])
            self.carried += 1

    @property
    def next_at(self) -> float | None:
        return self._waiting[0][0] + self._line.delay if self._waiting else None


class LossyLine:
    """The line, while its context lasts. `inside`: begins a command that runs at its other end.

    `delay`: the seconds that a packet is on its way besides, each way.
    """

    ways: list[_Way]  # from here to there, and back

    def __init__(self, *, bits_a_second: int, loss: float, delay: float = 0) -> None:
        self._space = f"slow{os.getpid()}"
        self.inside = ["ip", "netns", "exec", self._space]
        self.rate, self.loss, self.delay = bits_a_second / 8, loss, delay
        self.chance = random.Random(7)  # the same packets are lost in every run
        self._ends: list[int] = []
        self._stop = threading.Event()
        self._carrier = threading.Thread(target=self._carry, daemon=True)

    def __enter__(self) -> Self:
        _ip("netns", "add", self._space)
        try:
            self._ends = [_device(f"{self._space}a"), _device(f"{self._space}b")]
            _ip("link", "set", f"{self._space}b", "netns", self._space)
            _bring_up([], f"{self._space}a", HERE, THERE)
            _bring_up(["-n", self._space], f"{self._space}b", THERE, HERE)
        except BaseException:
            self._close()
            raise
        first, second = self._ends
        self.ways = [_Way(first, second, self), _Way(second, first, self)]
        self._carrier.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._carrier.join()
        self._close()

    def _close(self) -> None:
        for end in self._ends:
            os.close(end)
        _ip("netns", "del", self._space)

    def _carry(self) -> None:
        while not self._stop.is_set():
            due = [way.next_at for way in self.ways if way.next_at is not None]
            wait = min([0.2, *(max(0.0, at - time.monotonic()) for at in due)])
            ready, _, _ = select.select([way.source for way in self.ways], [], [], wait)
            now = time.monotonic()
            for way in self.ways:
                if way.source in ready:
                    way.take(now)
                way.deliver(now)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def _device(name: str) -> int:
    end = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN_NO_INFO))
    return end


def _bring_up(where: list[str], name: str, own: str, other: str) -> None:
    _ip(*where, "addr", "add", own, "peer", other, "dev", name)
    _ip(*where, "link", "set", name, "up", "mtu", str(MTU))
