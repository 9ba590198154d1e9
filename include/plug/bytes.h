/* SPDX-License-Identifier: MIT */
#ifndef PLUG_BYTES_H
#define PLUG_BYTES_H
/*
 * Numbers in bytes, in a stated byte order.
 *
 * Layer: wire. Pure. The functions are inline, and exported as well, for bindings.
 *
 * The caller:
 *   1. plug_put_be16(p, 443)                 writes 01 bb, whatever the machine's own order is
 *   2. port = plug_get_be16(p)               and reads it back
 * be is big-endian, the order of the Internet's headers; le is little-endian. p needs no alignment,
 * so these replace both htons() and the cast of a byte pointer to a wider one. No function looks at
 * a length: the caller has made sure that the bytes are there.
 *
 * All functions: any thread, any fiber.
 */
#include <plug/base.h>
#include <string.h>

PLUG_BEGIN_DECLS

/* The number in the 2, 3, 4 or 8 bytes at bytes. */
PLUG_API inline uint16_t plug_get_be16(const void *bytes);
PLUG_API inline uint32_t plug_get_be24(const void *bytes);
PLUG_API inline uint32_t plug_get_be32(const void *bytes);
PLUG_API inline uint64_t plug_get_be64(const void *bytes);
PLUG_API inline uint16_t plug_get_le16(const void *bytes);
PLUG_API inline uint32_t plug_get_le24(const void *bytes);
PLUG_API inline uint32_t plug_get_le32(const void *bytes);
PLUG_API inline uint64_t plug_get_le64(const void *bytes);

/* Writes value as 2, 3, 4 or 8 bytes to bytes; of a 24-bit value the low 24 bits. */
PLUG_API inline void plug_put_be16(void *bytes, uint16_t value);
PLUG_API inline void plug_put_be24(void *bytes, uint32_t value);
PLUG_API inline void plug_put_be32(void *bytes, uint32_t value);
PLUG_API inline void plug_put_be64(void *bytes, uint64_t value);
PLUG_API inline void plug_put_le16(void *bytes, uint16_t value);
PLUG_API inline void plug_put_le24(void *bytes, uint32_t value);
PLUG_API inline void plug_put_le32(void *bytes, uint32_t value);
PLUG_API inline void plug_put_le64(void *bytes, uint64_t value);

/*
 * Between the machine's order and the network's, for fields of struct sockaddr_in and its like:
 * htons(3), htonl(3), ntohs(3), ntohl(3), and the 64-bit forms those lack.
 */
PLUG_API inline uint16_t plug_hton16(uint16_t value);
PLUG_API inline uint32_t plug_hton32(uint32_t value);
PLUG_API inline uint64_t plug_hton64(uint64_t value);
PLUG_API inline uint16_t plug_ntoh16(uint16_t value);
PLUG_API inline uint32_t plug_ntoh32(uint32_t value);
PLUG_API inline uint64_t plug_ntoh64(uint64_t value);

/*
 * The same for a number that may not fit, where htons() would silently cut it: what Python's
 * socket.htons, htonl, ntohs and ntohl answer with OverflowError. 0, PLUG_ERANGE (value < 0 or too
 * large).
 */
PLUG_API PLUG_MUST int plug_hton16_checked(int64_t value, uint16_t *ret_value);
PLUG_API PLUG_MUST int plug_hton32_checked(int64_t value, uint32_t *ret_value);
PLUG_API PLUG_MUST int plug_ntoh16_checked(int64_t value, uint16_t *ret_value);
PLUG_API PLUG_MUST int plug_ntoh32_checked(int64_t value, uint32_t *ret_value);

/*
 * How many bytes at the end of hay could be the beginning of needle, cut off by the end of what has
 * been read: the length of the longest suffix of hay that is a proper prefix of needle, 0 when
 * there is none. What precedes it can be passed on before more arrives. As
 * asynchat.find_prefix_at_end in Python.
 */
PLUG_API size_t plug_find_prefix_at_end(const void *hay, size_t len, const void *needle,
                                        size_t needle_len);

/* --- the bodies: each becomes one load or store, swapped where needed ---------------------- */

inline uint16_t plug_hton16(uint16_t value)
{
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? value : __builtin_bswap16(value);
}

inline uint32_t plug_hton32(uint32_t value)
{
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? value : __builtin_bswap32(value);
}

inline uint64_t plug_hton64(uint64_t value)
{
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? value : __builtin_bswap64(value);
}

inline uint16_t plug_ntoh16(uint16_t value)
{
    return plug_hton16(value);
}

inline uint32_t plug_ntoh32(uint32_t value)
{
    return plug_hton32(value);
}

inline uint64_t plug_ntoh64(uint64_t value)
{
    return plug_hton64(value);
}

inline uint16_t plug_get_be16(const void *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return plug_ntoh16(value);
}

inline uint32_t plug_get_be32(const void *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return plug_ntoh32(value);
}

inline uint64_t plug_get_be64(const void *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return plug_ntoh64(value);
}

inline uint16_t plug_get_le16(const void *bytes)
{
    return __builtin_bswap16(plug_get_be16(bytes));
}

inline uint32_t plug_get_le32(const void *bytes)
{
    return __builtin_bswap32(plug_get_be32(bytes));
}

inline uint64_t plug_get_le64(const void *bytes)
{
    return __builtin_bswap64(plug_get_be64(bytes));
}

inline void plug_put_be16(void *bytes, uint16_t value)
{
    value = plug_hton16(value);
    memcpy(bytes, &value, sizeof value);
}

inline void plug_put_be32(void *bytes, uint32_t value)
{
    value = plug_hton32(value);
    memcpy(bytes, &value, sizeof value);
}

inline void plug_put_be64(void *bytes, uint64_t value)
{
    value = plug_hton64(value);
    memcpy(bytes, &value, sizeof value);
}

inline void plug_put_le16(void *bytes, uint16_t value)
{
    plug_put_be16(bytes, __builtin_bswap16(value));
}

inline void plug_put_le32(void *bytes, uint32_t value)
{
    plug_put_be32(bytes, __builtin_bswap32(value));
}

inline void plug_put_le64(void *bytes, uint64_t value)
{
    plug_put_be64(bytes, __builtin_bswap64(value));
}

inline uint32_t plug_get_be24(const void *bytes)
{
    const uint8_t *b = (const uint8_t *)bytes;
    return (uint32_t)b[0] << 16 | plug_get_be16(b + 1);
}

inline uint32_t plug_get_le24(const void *bytes)
{
    const uint8_t *b = (const uint8_t *)bytes;
    return (uint32_t)b[2] << 16 | plug_get_le16(b);
}

inline void plug_put_be24(void *bytes, uint32_t value)
{
    uint8_t *b = (uint8_t *)bytes;
    b[0] = (uint8_t)(value >> 16);
    plug_put_be16(b + 1, (uint16_t)value);
}

inline void plug_put_le24(void *bytes, uint32_t value)
{
    uint8_t *b = (uint8_t *)bytes;
    plug_put_le16(b, (uint16_t)value);
    b[2] = (uint8_t)(value >> 16);
}

PLUG_END_DECLS
#endif
