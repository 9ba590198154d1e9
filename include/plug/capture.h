/* SPDX-License-Identifier: MIT */
#ifndef PLUG_CAPTURE_H
#define PLUG_CAPTURE_H
/*
 * Captured packets: from pcap and pcapng files, from an interface, into a pcap file; filters.
 *
 * Layer: net. Reading, capturing and filters are libpcap's.
 *
 * The caller, to read:
 *   1. plug_capture_open(&c, fd, error)  or  plug_capture_live(&c, "eth0", NULL, error)
 *   2. plug_capture_filter(c, "tcp port 80", error)               when not all is wanted
 *   3. plug_privilege_drop(), after plug_capture_live
 *   4. while ((n = plug_capture_next(c, PLUG_FOREVER, &r)) > 0)
 *          plug_packet_parse(r.first, r.bytes + r.skip, r.len - r.skip, &packet)
 *   5. n < 0: plug_capture_error(c) says which record, and why; plug_capture_close(c)
 * to write:
 *   1. plug_capture_create(&f, fd, PLUG_CAPTURE_ETHERNET)
 *   2. plug_capture_write(f, bytes, len, len, time) for each; plug_capture_file_close(f)
 *
 * Reading a file blocks the thread; waiting for an interface goes through the waiter, so a fiber
 * parks. libpcap takes its memory from malloc(3), and no more than its own limits, whatever a file
 * says: 256 KiB for a record of pcap, 16 MiB for a block of pcapng.
 *
 * A handle belongs to one thread or fiber at a time.
 */
#include <plug/packet.h>
#include <plug/time.h>

PLUG_BEGIN_DECLS

struct plug_capture;
struct plug_capture_file;

#define PLUG_CAPTURE_WHAT 256   /* room for what libpcap says about an error */
#define PLUG_CAPTURE_LEN  65600 /* most bytes of a packet that are captured, or written */

/* Kinds of link that a file can be made for; reading knows more. */
enum plug_capture_link {
    PLUG_CAPTURE_ETHERNET = 1, /* records begin with an Ethernet header */
    PLUG_CAPTURE_RAW = 101     /* with an IPv4 or IPv6 header */
};

/*
 * Reads a pcap or pcapng file, of either byte order, with stamps in micro- or nanoseconds. takes
 * fd. gives *ret. PLUG_ECAPTURE (not such a file, or one that libpcap cannot read: ret_what, of
 * PLUG_CAPTURE_WHAT bytes or NULL, says why), -ENOMEM, -EBADF.
 */
PLUG_API PLUG_MUST int plug_capture_open(struct plug_capture **ret, int fd, char *ret_what);

struct plug_capture_opts {
    size_t size;
    size_t longest;   /* bytes of a packet that are kept; 0: PLUG_CAPTURE_LEN, which is the most */
    bool promiscuous; /* also what is not for this machine */
};
#define PLUG_CAPTURE_OPTS                                                                          \
    {                                                                                              \
        sizeof(struct plug_capture_opts), 0, false                                                 \
    }

/*
 * Captures from an interface ("eth0", "any"). gives *ret. -EPERM (CAP_NET_RAW is wanted), -ENODEV,
 * -ENETDOWN, PLUG_EOPTS, PLUG_ECAPTURE (all else; ret_what says why), -ENOMEM.
 */
PLUG_API PLUG_MUST int plug_capture_live(struct plug_capture **ret, const char *iface,
                                         const struct plug_capture_opts *opts, char *ret_what);

/* Ends it. NULL does nothing. */
PLUG_API void plug_capture_close(struct plug_capture *c);

/*
 * From now on only what the expression matches (pcap-filter(7)); records are numbered as before.
 * PLUG_ECAPTURE: plug_capture_error says what is wrong with it.
 */
PLUG_API PLUG_MUST int plug_capture_filter(struct plug_capture *c, const char *expression);

struct plug_capture_record {
    uint64_t number;              /* in the file, from 1, also counting what the filter left out */
    int64_t time;                 /* nanoseconds since 1970 */
    const uint8_t *bytes;         /* borrowed until the next call */
    size_t len;                   /* of bytes: what was captured */
    size_t wire_len;              /* what the packet had on the wire */
    size_t skip;                  /* bytes of a link header that plug_packet_parse does not know */
    enum plug_packet_proto first; /* what the bytes behind skip begin with */
};

/*
 * The next record: 1; 0 at the end of the file. PLUG_ECAPTURE: malformed or cut off, and no more
 * can be read (plug_capture_error names the record). From an interface also PLUG_ETIMEOUT, and what
 * plug_wait returns.
 */
PLUG_API PLUG_MUST int plug_capture_next(struct plug_capture *c, int64_t timeout,
                                         struct plug_capture_record *ret);

/* What was wrong at last: "record 3: truncated dump file ..."; "" when nothing was. borrowed. */
PLUG_API const char *plug_capture_error(const struct plug_capture *c);

/*
 * Packets that an interface brought, and how many were lost for want of room; of a file 0 and 0.
 * PLUG_ECAPTURE.
 */
PLUG_API PLUG_MUST int plug_capture_stats(struct plug_capture *c, uint64_t *ret_seen,
                                          uint64_t *ret_dropped);

/*
 * Begins a pcap file with stamps in nanoseconds. takes fd. gives *ret. -ENOMEM, errors of write(2).
 */
PLUG_API PLUG_MUST int plug_capture_create(struct plug_capture_file **ret, int fd,
                                           enum plug_capture_link link);

/*
 * Writes a record: len bytes of a packet that had wire_len, at time in nanoseconds since 1970. 0,
 * PLUG_ERANGE (len above PLUG_CAPTURE_LEN or wire_len, a time before 1970 or after 2106), errors of
 * write(2).
 */
PLUG_API PLUG_MUST int plug_capture_write(struct plug_capture_file *f, const void *bytes,
                                          size_t len, size_t wire_len, int64_t time);

/* Ends the file. NULL does nothing. Each record was written whole by then. */
PLUG_API void plug_capture_file_close(struct plug_capture_file *f);

PLUG_END_DECLS
#endif
