// What the two directions of a flow say together: that one answers the other, or that no codec sends like this. All but the last
// three speak against a call.
#pragma once

#include "detectors/call_grades.h"
#include "detectors/call_history.h"

namespace voip::detectors {

// The busier direction sends more than 3.6 times as many packets; 20 against 60 ms frames are 3 times.
bool is_lopsided(const CallHistory& h, Grade up, Grade down);

// A reply for every request, quarter by quarter, in at least two of them: calls begin with an exchange, too.
bool is_in_lockstep(const CallHistory& h);

// A reply for every request at any rate: as many packets, each side's all of one size, which is not the other's. Two voices may
// have equal counts, and the sizes of a constant codec, but then the same ones.
bool is_answering(const CallHistory& h);

// As many replies as requests at any rate, however it varies: two speakers vary independently of each other. What comes back in
// the size in which it was sent may be the echo of a voice; a router that stalls holds up both directions of a voice alike.
bool is_following(const CallHistory& h);

// Both are steady for three seconds, at least one of them at a rate like 10, 20, 30, 40 or 60 packets/s, as programs have and no
// codec, nor one that loses packets; the other may have that of frames of 30, 40 or 60 ms, which programs have by chance. Voice
// and the feedback on it may have any rate together, but then both ways, and in larger packets than a player's.
bool is_of_no_codec(const CallHistory& h);

// One side sends a packet or two in six seconds, with hardly any payload: who listens to a codec's clock says more, or nothing.
bool is_acknowledged(const CallHistory& h);

// Video goes up, and a few packets of a receiver's reports and feedback come down (RFC 3550, RFC 4585): the far end is muted and
// has no camera. Replies to an upload are more, and smaller.
bool is_watched_camera(const CallHistory& h);

// Both ends send as much as each other in the newest second, 52 to 75 packets of so many bytes on the mean at least: as do voice
// and the feedback on it (RTCP, which WebRTC sends for each few packets). Their rate together may be a game's for a while, but
// not for long, if they are larger than a player's.
bool is_mirrored(const CallHistory& h, std::int64_t least_bytes);

// For three seconds it was less even than any clock, and both directions have packets of one size: a codec's of which some were
// lost, whatever their rate is now.
bool is_thinned(const CallHistory& h, Direction direction);

}  // namespace voip::detectors
