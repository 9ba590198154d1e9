/* SPDX-License-Identifier: MIT */
#ifndef PLUG_ERR_H
#define PLUG_ERR_H
/*
 * One error space.
 *
 * Layer: base.
 *
 * The caller:
 *   1. calls a plug function; a result >= 0 is success (a count where there is one);
 *   2. on a result < 0 compares it with -ECONNREFUSED, PLUG_ETIMEOUT, PLUG_EAI_NONAME ...;
 *   3. prints plug_strerror(code), or plug_err_text() for a whole sentence.
 *
 * Nothing is reported through errno. The domains are disjoint, so EAI_NONAME (-2 in
 * <netdb.h>) can never be read as ENOENT:
 *
 *      -1 .. -4095   system      exactly -errno
 *   -5000 .. -5999   resolver    -5000 + EAI_x           getaddrinfo(3), getnameinfo(3)
 *   -6000 .. -6099   host        -6000 - h_errno         gethostbyaddr(3)
 *   -7000 .. -7099   plug        time-outs, limits, truncation, cancelled
 *   -7100 .. -7199   struct      pack and unpack
 *   -7200 .. -7299   text        addresses, URLs, numbers, encodings
 *   -7300 .. -7399   frame       message framing
 *   -7400 .. -7499   dns         -7400 - RCODE, and DNS client failures (RFC 1035 4.1.1)
 *   -7500 .. -7599   tls         transport security
 *   -7600 .. -7699   packet      headers of packets, and their text form
 */
#include <errno.h>
#include <plug/base.h>

/* X(name, code, text): the one list. The system's own errors need no entry here. */
#define PLUG_ERR_MAP(X)                                                                            \
    X(PLUG_EAI_ADDRFAMILY, -5009, "address family for host name not supported")                    \
    X(PLUG_EAI_AGAIN, -5003, "temporary failure in name resolution")                               \
    X(PLUG_EAI_BADFLAGS, -5001, "bad value for address look-up flags")                             \
    X(PLUG_EAI_FAIL, -5004, "non-recoverable failure in name resolution")                          \
    X(PLUG_EAI_FAMILY, -5006, "address family not supported by the look-up")                       \
    X(PLUG_EAI_MEMORY, -5010, "out of memory in name resolution")                                  \
    X(PLUG_EAI_NODATA, -5005, "no address associated with host name")                              \
    X(PLUG_EAI_NONAME, -5002, "name or service not known")                                         \
    X(PLUG_EAI_OVERFLOW, -5012, "name does not fit the buffer of the look-up")                     \
    X(PLUG_EAI_SERVICE, -5008, "service not supported for this socket type")                       \
    X(PLUG_EAI_SOCKTYPE, -5007, "socket type not supported by the look-up")                        \
    X(PLUG_EAI_SYSTEM, -5011, "system error in name resolution")                                   \
    X(PLUG_EAI_IDN_ENCODE, -5105, "host name is not a valid internationalised name")               \
    X(PLUG_EHOST_NOT_FOUND, -6001, "host not found")                                               \
    X(PLUG_EHOST_TRY_AGAIN, -6002, "host name server failed, try again")                           \
    X(PLUG_EHOST_NO_RECOVERY, -6003, "host name server failed for good")                           \
    X(PLUG_EHOST_NO_DATA, -6004, "host has no address of the wanted kind")                         \
    X(PLUG_ETIMEOUT, -7000, "timed out")                                                           \
    X(PLUG_EEOF, -7001, "the peer closed the connection before all data came")                     \
    X(PLUG_ETRUNC, -7002, "data did not fit and was cut off")                                      \
    X(PLUG_ELIMIT, -7003, "a configured limit was reached")                                        \
    X(PLUG_EPOISONED, -7004, "the stream cannot be read after a time-out")                         \
    X(PLUG_ESELF, -7005, "the socket connected to itself")                                         \
    X(PLUG_EOPTS, -7006, "options of an unknown size or with an unknown value")                    \
    X(PLUG_ESERVICE, -7007, "service not known")                                                   \
    X(PLUG_EPROTOCOL, -7008, "protocol not known")                                                 \
    X(PLUG_EUNSUPPORTED, -7009, "not supported by this build or machine")                          \
    X(PLUG_EALLFAILED, -7010, "every address failed")                                              \
    X(PLUG_ECONSTANT, -7011, "constant not known")                                                 \
    X(PLUG_ESTRUCT_FORMAT, -7100, "bad character in the format")                                   \
    X(PLUG_ESTRUCT_COUNT, -7101, "number of values does not match the format")                     \
    X(PLUG_ESTRUCT_RANGE, -7102, "value out of range for its format character")                    \
    X(PLUG_ESTRUCT_TYPE, -7103, "value of the wrong kind for its format character")                \
    X(PLUG_ESTRUCT_SIZE, -7104, "buffer does not have the size of the format")                     \
    X(PLUG_ESTRUCT_OFFSET, -7105, "offset outside the buffer")                                     \
    X(PLUG_ESTRUCT_OVERFLOW, -7106, "total size of the format is too large")                       \
    X(PLUG_ESTRUCT_REPEAT, -7107, "repeat count without a format character")                       \
    X(PLUG_ESTRUCT_NATIVE, -7108, "format character only valid in native mode")                    \
    X(PLUG_EADDR, -7200, "not a valid address")                                                    \
    X(PLUG_EPORT, -7201, "port is not a number from 0 to 65535")                                   \
    X(PLUG_ESCOPE, -7202, "no such interface for the address's scope")                             \
    X(PLUG_EURL, -7203, "not a valid URL")                                                         \
    X(PLUG_ESCHEME, -7204, "unknown URL scheme")                                                   \
    X(PLUG_ENUMBER, -7205, "not a number")                                                         \
    X(PLUG_ERANGE, -7206, "number out of range")                                                   \
    X(PLUG_EHEX, -7207, "not valid hexadecimal")                                                   \
    X(PLUG_EBASE64, -7208, "not valid base64")                                                     \
    X(PLUG_EUTF8, -7209, "not valid UTF-8")                                                        \
    X(PLUG_EDURATION, -7210, "not a duration such as 500ms, 2s or 1m")                             \
    X(PLUG_EFAULTPLAN, -7211, "not a valid fault plan")                                            \
    X(PLUG_ETARGET, -7213, "not an address, prefix or range")                                      \
    X(PLUG_EFRAME_TOOLONG, -7300, "message longer than its maximum")                               \
    X(PLUG_EFRAME_BAD, -7301, "malformed message frame")                                           \
    X(PLUG_EFRAME_DELIM, -7302, "message contains its own delimiter")                              \
    X(PLUG_EDNS_FORMERR, -7401, "name server: query was malformed (FORMERR)")                      \
    X(PLUG_EDNS_SERVFAIL, -7402, "name server failed (SERVFAIL)")                                  \
    X(PLUG_EDNS_NXDOMAIN, -7403, "no such domain (NXDOMAIN)")                                      \
    X(PLUG_EDNS_NOTIMP, -7404, "name server does not support the query (NOTIMP)")                  \
    X(PLUG_EDNS_REFUSED, -7405, "name server refused the query (REFUSED)")                         \
    X(PLUG_EDNS_RCODE, -7449, "name server answered with an error of another kind")                \
    X(PLUG_EDNS_NODATA, -7450, "name exists but has no record of this type")                       \
    X(PLUG_EDNS_BADNAME, -7451, "not a valid domain name")                                         \
    X(PLUG_EDNS_BADREPLY, -7452, "malformed reply from the name server")                           \
    X(PLUG_EDNS_NOSERVER, -7453, "no name server could be reached")                                \
    X(PLUG_EPACKET_SHORT, -7600, "packet ends inside a header")                                    \
    X(PLUG_EPACKET_BAD, -7601, "malformed packet")                                                 \
    X(PLUG_EPACKET_SPEC, -7602, "not a valid description of a packet")                             \
    X(PLUG_ECAPTURE, -7603, "not a capture that can be read")

enum plug_err {
    PLUG_OK = 0,
#define PLUG_ERR_ENUM(name, code, text) name = code,
    PLUG_ERR_MAP(PLUG_ERR_ENUM)
#undef PLUG_ERR_ENUM
};

enum plug_err_domain {
    PLUG_DOMAIN_NONE,
    PLUG_DOMAIN_SYSTEM,
    PLUG_DOMAIN_RESOLVER,
    PLUG_DOMAIN_HOST,
    PLUG_DOMAIN_PLUG,
    PLUG_DOMAIN_STRUCT,
    PLUG_DOMAIN_TEXT,
    PLUG_DOMAIN_FRAME,
    PLUG_DOMAIN_DNS,
    PLUG_DOMAIN_TLS,
    PLUG_DOMAIN_PACKET
};

PLUG_BEGIN_DECLS

/*
 * The text of a code: lower case, no full stop, static, the same in every locale.
 * Never NULL; an unknown code gives "unknown error". Any thread, any fiber.
 */
PLUG_API const char *plug_strerror(int code);

/* The symbol of a code, "ECONNREFUSED" or "PLUG_ETIMEOUT"; "?" when unknown. Static. Any thread. */
PLUG_API const char *plug_err_name(int code);

/* The code of a symbol ("ECONNREFUSED" gives -ECONNREFUSED); 0 when unknown. Any thread. */
PLUG_API int plug_err_value(const char *name);

/* The band a code lies in (PLUG_DOMAIN_NONE for codes >= 0 and unknown bands). Any thread. */
PLUG_API enum plug_err_domain plug_err_domain(int code);

/* The band's name, "system", "resolver" ... static text. Any thread. */
PLUG_API const char *plug_err_domain_name(enum plug_err_domain domain);

/*
 * The number the code has in its own domain: errno for system, EAI_x for resolver, h_errno for
 * host, the code itself elsewhere. For language bindings. Any thread.
 */
PLUG_API int plug_err_native(int code);

/* From getaddrinfo's result: EAI_SYSTEM becomes -sys_errno, 0 stays 0. Any thread. */
PLUG_API int plug_err_from_eai(int eai, int sys_errno);

/* From h_errno: NETDB_INTERNAL becomes -sys_errno, 0 stays 0. Any thread. */
PLUG_API int plug_err_from_host(int host_errno, int sys_errno);

/*
 * A sentence for a person: "connect tcp://127.0.0.1:81: connection refused".
 * op ("connect") and object ("tcp://127.0.0.1:81") may be NULL; object is escaped (plug_text_*),
 * an empty one is shown as ''.
 * buf gets at most len bytes with the NUL; returns the length the whole text has. Any thread.
 */
PLUG_API size_t plug_err_text(int code, const char *op, const char *object, char *buf, size_t len);

/*
 * Every code of the list, then every system error, for tables and bindings.
 * fn gets (code, name, text, arg); a result other than 0 stops and is returned. Any thread.
 */
typedef int plug_err_each_fn(int code, const char *name, const char *text, void *arg);
PLUG_API int plug_err_each(plug_err_each_fn *fn, void *arg);

PLUG_END_DECLS
#endif
