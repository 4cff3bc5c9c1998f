"""What the broken processors are tried with: what the one that they were made of is."""

from tests.contract.examples.mastodon import MastodonProcessor
from tests.contract.examples.socket import SocketProcessor

RequiresNoSetting = LosesPosts = SwallowsBytes = NeverStops = NeverTheSame = SocketProcessor
RaisesOnABadEvent = RunsPython = PrintsItsSecret = SocketProcessor
KeepsWhatEnded = MastodonProcessor
