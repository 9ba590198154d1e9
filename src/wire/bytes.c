/* SPDX-License-Identifier: MIT */
/* The symbols behind the inline functions of bytes.h, and the few that are not inline. */
#include <plug/bytes.h>
#include <plug/err.h>
#include <string.h>

extern inline uint16_t plug_get_be16(const void *bytes);
extern inline uint32_t plug_get_be24(const void *bytes);
extern inline uint32_t plug_get_be32(const void *bytes);
extern inline uint64_t plug_get_be64(const void *bytes);
extern inline uint16_t plug_get_le16(const void *bytes);
extern inline uint32_t plug_get_le24(const void *bytes);
extern inline uint32_t plug_get_le32(const void *bytes);
extern inline uint64_t plug_get_le64(const void *bytes);
extern inline void plug_put_be16(void *bytes, uint16_t value);
extern inline void plug_put_be24(void *bytes, uint32_t value);
extern inline void plug_put_be32(void *bytes, uint32_t value);
extern inline void plug_put_be64(void *bytes, uint64_t value);
extern inline void plug_put_le16(void *bytes, uint16_t value);
extern inline void plug_put_le24(void *bytes, uint32_t value);
extern inline void plug_put_le32(void *bytes, uint32_t value);
extern inline void plug_put_le64(void *bytes, uint64_t value);
extern inline uint16_t plug_hton16(uint16_t value);
extern inline uint32_t plug_hton32(uint32_t value);
extern inline uint64_t plug_hton64(uint64_t value);
extern inline uint16_t plug_ntoh16(uint16_t value);
extern inline uint32_t plug_ntoh32(uint32_t value);
extern inline uint64_t plug_ntoh64(uint64_t value);

int plug_hton16_checked(int64_t value, uint16_t *ret_value)
{
    if (value < 0 || value > UINT16_MAX)
        return PLUG_ERANGE;
    *ret_value = plug_hton16((uint16_t)value);
    return 0;
}

int plug_hton32_checked(int64_t value, uint32_t *ret_value)
{
    if (value < 0 || value > UINT32_MAX)
        return PLUG_ERANGE;
    *ret_value = plug_hton32((uint32_t)value);
    return 0;
}

int plug_ntoh16_checked(int64_t value, uint16_t *ret_value)
{
    return plug_hton16_checked(value, ret_value);
}

int plug_ntoh32_checked(int64_t value, uint32_t *ret_value)
{
    return plug_hton32_checked(value, ret_value);
}

size_t plug_find_prefix_at_end(const void *hay, size_t len, const void *needle, size_t needle_len)
{
    const uint8_t *end = (const uint8_t *)hay + len;
    size_t n = needle_len ? needle_len - 1 : 0;

    if (n > len)
        n = len;
    while (n > 0 && memcmp(end - n, needle, n) != 0)
        n--;
    return n;
}
