/* SPDX-License-Identifier: MIT */
#ifndef PLUG_FRAME_H
#define PLUG_FRAME_H
/*
 * Messages in a stream of bytes. TCP keeps no boundaries: two sends may arrive as one receive, and
 * one as many ("sticky packets"). A framing marks where each message ends.
 *
 * Layer: wire. Pure; allocates nothing.
 *
 * The sender:
 *   1. struct plug_frame f = plug_frame_len32be(65536)         both sides make the same one
 *   2. plug_frame_ends(&f, p, n, &e), then sends e.head, the payload and e.tail in one writev,
 *      or plug_frame_encode(&f, p, n, buf, sizeof buf) and sends buf
 * The receiver:
 *   1. struct plug_frame f = ...; size_t scanned = 0; struct plug_buf b
 *   2. receives into b
 *   3. while (plug_frame_decode(&f, plug_buf_data(&b), plug_buf_len(&b), &scanned, &v) ==
 *          PLUG_FRAME_DONE): uses v.payload, v.len; then plug_buf_consume(&b, v.used)
 *   4. on PLUG_FRAME_MORE receives again; on an error closes: the boundaries are lost
 *
 * Every framing has a maximum for the payload. A longer message is refused when its length is
 * seen, before room is made for it. What is decoded does not depend on how the bytes were cut.
 *
 * All functions: any thread, any fiber; a struct plug_frame may be shared.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

#define PLUG_FRAME_HEAD_MAX  24             /* longest header, in bytes */
#define PLUG_FRAME_DELIM_MAX 80             /* longest delimiter, in bytes */
#define PLUG_FRAME_MAX       (SIZE_MAX / 4) /* highest maximum */

enum plug_frame_kind {
    PLUG_FRAME_LENGTH = 1,
    PLUG_FRAME_DELIM,
    PLUG_FRAME_LINE,
    PLUG_FRAME_CRLF,
    PLUG_FRAME_NETSTRING
};

/* A framing, made by one of the constructors below. A value: copy it freely, change nothing. */
struct plug_frame {
    enum plug_frame_kind kind;
    size_t max;        /* most bytes of payload */
    uint8_t width;     /* of a length, in bytes: 1, 2, 4 or 8 */
    bool little;       /* the length is little-endian */
    uint8_t delim_len; /* what follows each payload */
    uint8_t delim[PLUG_FRAME_DELIM_MAX];
};

/*
 * The length of the payload as a binary number, then the payload, which may be any bytes. A max
 * that the number cannot express is lowered to what it can (255 for one byte). max above
 * PLUG_FRAME_MAX aborts, here and below.
 */
PLUG_API struct plug_frame plug_frame_len8(size_t max);
PLUG_API struct plug_frame plug_frame_len16be(size_t max);
PLUG_API struct plug_frame plug_frame_len16le(size_t max);
PLUG_API struct plug_frame plug_frame_len32be(size_t max);
PLUG_API struct plug_frame plug_frame_len32le(size_t max);
PLUG_API struct plug_frame plug_frame_len64be(size_t max);
PLUG_API struct plug_frame plug_frame_len64le(size_t max);

/*
 * "12:hello world!," : the length in decimal without leading zeros, a colon, the payload, which may
 * be any bytes, and a comma (D. J. Bernstein, Netstrings, 1997).
 */
PLUG_API struct plug_frame plug_frame_netstring(size_t max);

/*
 * The payload, then len bytes of delim, copied: 1 to PLUG_FRAME_DELIM_MAX, anything else aborts.
 * The payload ends at the first place where delim stands, so it cannot contain it.
 */
PLUG_API struct plug_frame plug_frame_delim(const void *delim, size_t len, size_t max);

/*
 * Lines of text as people and programs send them: up to a line feed; one carriage return right
 * before it is dropped, so "hi\n" and "hi\r\n" are the same message. Written with a line feed. A
 * payload cannot contain a line feed or end with a carriage return.
 */
PLUG_API struct plug_frame plug_frame_line(size_t max);

/*
 * Lines of Internet protocols (RFC 5321 2.3.8): CR LF, and a CR or LF that stands alone is an
 * error, since others may read it as the end of a line and ours not.
 */
PLUG_API struct plug_frame plug_frame_crlf(size_t max);

enum plug_frame_progress { PLUG_FRAME_MORE = 0, PLUG_FRAME_DONE = 1 };

/* What plug_frame_decode found. Each result sets its own fields and leaves the others. */
struct plug_frame_view {
    const uint8_t *payload; /* DONE: within the input */
    size_t len;             /* DONE: of the payload */
    size_t used;            /* DONE: of the whole frame, to be removed from the input */
    size_t need;  /* MORE: at least so many more bytes; a reader that takes no more never reads past
                     the frame. Comes from the peer, up to the maximum: not a reason to allocate */
    size_t where; /* error: offset of the first byte that cannot stand where it does */
};

/*
 * Looks for one frame at the beginning of bytes. Returns
 *   PLUG_FRAME_DONE       *ret_view tells the payload (borrowed from bytes) and what the frame took
 *   PLUG_FRAME_MORE       the frame is not complete; call again with the same bytes and more
 *   PLUG_EFRAME_TOOLONG   the payload is longer than the maximum
 *   PLUG_EFRAME_BAD       this is no frame
 * *scanned is 0 before the first call and the library's then: the bytes that need not be searched
 * again, so that input byte by byte costs no more than at once. NULL searches from the beginning.
 */
PLUG_API PLUG_MUST int plug_frame_decode(const struct plug_frame *f, const void *bytes, size_t len,
                                         size_t *scanned, struct plug_frame_view *ret_view);

/* What goes before and after a payload. */
struct plug_frame_ends {
    uint8_t head[PLUG_FRAME_HEAD_MAX];
    size_t head_len;
    const uint8_t *tail; /* borrowed from the struct plug_frame */
    size_t tail_len;
};

/*
 * The header and trailer for a payload, which is looked at and not copied. 0, PLUG_EFRAME_TOOLONG
 * (more than the maximum), PLUG_EFRAME_DELIM (the payload would seem to end early or later).
 */
PLUG_API PLUG_MUST int plug_frame_ends(const struct plug_frame *f, const void *payload, size_t len,
                                       struct plug_frame_ends *ret_ends);

/*
 * The whole frame into ret_buf, which must not overlap payload. Its length; -ENOSPC when it does
 * not fit buflen; or as plug_frame_ends. With ret_buf NULL only the length.
 */
PLUG_API PLUG_MUST ssize_t plug_frame_encode(const struct plug_frame *f, const void *payload,
                                             size_t len, void *ret_buf, size_t buflen);

PLUG_END_DECLS
#endif
