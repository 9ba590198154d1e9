/* SPDX-License-Identifier: MIT */
#ifndef PLUG_TCP_H
#define PLUG_TCP_H
/*
 * Segments of TCP (RFC 9293): header and options.
 *
 * Layer: wire. Pure. Conventions: ip.h.
 *
 * The caller, to build a SYN:
 *   1. struct plug_tcp_options o = {.has_mss = true, .mss = 1460, .sack_permitted = true}
 *   2. uint8_t options[PLUG_OPTIONS_MAX]; n = plug_tcp_options_build(&o, options, sizeof options)
 *   3. struct plug_tcp t = {.sport = 40000, .dport = 80, .seq = random, .flags = PLUG_TCP_SYN,
 *      .window = 64240, .options = options, .options_len = n}
 *   4. plug_tcp_build(&t, &pseudo, NULL, 0, buf, size)
 *
 * All functions: any thread, any fiber.
 */
#include <plug/ip.h>
#include <plug/option.h>

PLUG_BEGIN_DECLS

#define PLUG_TCP_LEN      20 /* shortest header */
#define PLUG_TCP_SACK_MAX 4  /* most SACK blocks that options have room for */

enum plug_tcp_flag {
    PLUG_TCP_FIN = 1 << 0,
    PLUG_TCP_SYN = 1 << 1,
    PLUG_TCP_RST = 1 << 2,
    PLUG_TCP_PSH = 1 << 3,
    PLUG_TCP_ACK = 1 << 4,
    PLUG_TCP_URG = 1 << 5,
    PLUG_TCP_ECE = 1 << 6,
    PLUG_TCP_CWR = 1 << 7,
    PLUG_TCP_NS = 1 << 8 /* now AE, accurate ECN */
};

/* A header of TCP. */
struct plug_tcp {
    uint16_t sport, dport;
    uint32_t seq, ack;
    uint8_t header_len; /* bytes: what the header calls its data offset, times 4 */
    uint8_t reserved;   /* the 3 bits before NS */
    uint16_t flags;     /* enum plug_tcp_flag */
    uint16_t window, checksum, urgent;
    const uint8_t *options; /* borrows; a multiple of 4 bytes */
    size_t options_len;
    unsigned given; /* enum plug_given, for the builder */
};

/*
 * Reads a header: its length, 20 to 60. PLUG_EPACKET_SHORT; PLUG_EPACKET_BAD (a data offset below
 * 20 bytes).
 */
PLUG_API PLUG_MUST int plug_tcp_parse(const void *bytes, size_t len, struct plug_tcp *ret_header);

/*
 * Writes header, options and payload; returns their length. Without a pseudo-header (NULL) the
 * checksum is 0, for the kernel or the device to fill in. The payload may already lie at its place
 * in buf. -ENOSPC, PLUG_ERANGE (flags, reserved, more than 65535 bytes), PLUG_EPACKET_BAD (options
 * that are no multiple of 4, or more than 40 bytes).
 */
PLUG_API PLUG_MUST int plug_tcp_build(const struct plug_tcp *header,
                                      const struct plug_pseudo *pseudo, const void *payload,
                                      size_t payload_len, void *buf, size_t size);

/*
 * Is the checksum of a whole segment of len bytes right? 1, 0; errors as plug_tcp_parse. *ret_right
 * (NULL: not wanted) is what it should be.
 */
PLUG_API PLUG_MUST int plug_tcp_verify(const struct plug_pseudo *pseudo, const void *bytes,
                                       size_t len, uint16_t *ret_right);

enum plug_tcp_kind {
    PLUG_TCP_MSS = 2,            /* RFC 9293 3.7.1 */
    PLUG_TCP_WINDOW_SCALE = 3,   /* RFC 7323 2 */
    PLUG_TCP_SACK_PERMITTED = 4, /* RFC 2018 2 */
    PLUG_TCP_SACK = 5,           /* RFC 2018 3 */
    PLUG_TCP_TIMESTAMPS = 8      /* RFC 7323 3 */
};

/* A block of sequence numbers that arrived; right is the first one behind it. */
struct plug_tcp_sack {
    uint32_t left, right;
};

/* The options everybody uses. */
struct plug_tcp_options {
    bool has_mss, has_window_scale, has_timestamps, sack_permitted;
    uint16_t mss;
    uint8_t window_scale;
    uint32_t timestamp, timestamp_echo;
    unsigned sack_count;
    struct plug_tcp_sack sack[PLUG_TCP_SACK_MAX];
    unsigned unknown; /* how many others there are: plug_option_next tells which; not built */
};

/*
 * Reads a header's options; of one that comes twice the last counts. 0, PLUG_EPACKET_BAD (a length
 * that is wrong for its kind, or past the end).
 */
PLUG_API PLUG_MUST int plug_tcp_options_parse(const void *options, size_t len,
                                              struct plug_tcp_options *ret_options);

/*
 * Writes the options in the order of Linux's SYN (MSS, SACK permitted, timestamps, window scale),
 * then SACK blocks, aligned by NOPs: the length, a multiple of 4. -ENOSPC (more than size or
 * PLUG_OPTIONS_MAX), PLUG_ERANGE (sack_count).
 */
PLUG_API PLUG_MUST int plug_tcp_options_build(const struct plug_tcp_options *options, void *buf,
                                              size_t size);

PLUG_END_DECLS
#endif
