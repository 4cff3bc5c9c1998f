"""The feeds of the broken receivers: those of the receivers that they were made of."""

from tests.contract.examples import bluesky, socket

LosesItsPlaceReceiver = bluesky.BlueskyReceiver
FussyReceiver = NeverStopsReceiver = NeverOverReceiver = socket.SocketReceiver
SwallowsBytesReceiver = KeepsAnyLengthReceiver = ReadsOnReceiver = socket.SocketReceiver
SaysNothingOfGapsReceiver = PrintsItsSecretReceiver = socket.SocketReceiver
