/* SPDX-License-Identifier: MIT */
/* What every use of the tables needs: bits of a header, which fields it has, names. */
#include "wire/packet_table.h"

#include <string.h>

uint64_t plug__bits_get(const uint8_t *header, unsigned bit, unsigned bits)
{
    uint64_t value = 0;
    for (unsigned i = bit; i < bit + bits; i++)
        value = value << 1 | (header[i / 8] >> (7 - i % 8) & 1);
    return value;
}

void plug__bits_put(uint8_t *header, unsigned bit, unsigned bits, uint64_t value)
{
    for (unsigned i = bit + bits; i-- > bit; value >>= 1) {
        uint8_t mask = (uint8_t)(1 << (7 - i % 8));
        header[i / 8] = (uint8_t)(value & 1 ? header[i / 8] | mask : header[i / 8] & ~mask);
    }
}

bool plug__field_applies(const struct plug__proto *proto, const struct plug__field *field,
                         const uint8_t *header)
{
    if (field->when == WHEN_ALWAYS)
        return true;
    uint16_t variant = proto->variant(header);
    bool found = false;
    for (unsigned i = 1; i <= field->variants[0]; i++)
        found |= field->variants[i] == variant;
    return found == (field->when == WHEN_ONE_OF);
}

size_t plug__packet_fixed(const struct plug__proto *proto, const uint8_t *header)
{
    size_t end = 0;
    for (const struct plug__field *f = proto->fields; f->name; f++)
        if (f->bit + f->bits > end && plug__field_applies(proto, f, header))
            end = f->bit + f->bits;
    return end / 8;
}

bool plug__packet_lists(const struct plug__proto *proto, const uint8_t *header)
{
    if (proto->list == LIST_ND) /* only messages of neighbour discovery have options */
        return header[0] >= 133 && header[0] <= 137;
    if (proto->list == LIST_DATA && proto->variant)
        return proto->variant(header) == 1;
    return proto->list != LIST_NONE;
}

static const char *table_name(const struct plug__name *names, uint64_t value)
{
    for (; names->name; names++)
        if (names->value == value)
            return names->name;
    return NULL;
}

const char *plug__value_name(const struct plug__field *field, const uint8_t *header, uint64_t value)
{
    if (field->name_of)
        return field->name_of(header, value);
    return field->names ? table_name(field->names, value) : NULL;
}

size_t plug__word(const char *words, unsigned i, const char **ret_word)
{
    while (words) {
        size_t len = strcspn(words, " ");
        if (i-- == 0) {
            *ret_word = words;
            return len;
        }
        words = words[len] ? words + len + 1 : NULL;
    }
    return 0;
}

bool plug__name_is(const char *known, const char *aliases, const char *name, size_t len)
{
    const char *word;
    size_t n;
    if (strlen(known) == len && memcmp(known, name, len) == 0)
        return true;
    for (unsigned i = 0; (n = plug__word(aliases, i, &word)) > 0; i++)
        if (n == len && memcmp(word, name, len) == 0)
            return true;
    return false;
}

const char *plug_packet_proto_name(enum plug_packet_proto proto)
{
    const struct plug__proto *p = plug__packet_proto(proto);
    if (p)
        return p->name;
    return proto == PLUG_PACKET_DATA ? "data" : proto == PLUG_PACKET_PADDING ? "pad" : "?";
}

enum plug_packet_proto plug_packet_proto_find(const char *name, size_t len)
{
    for (unsigned i = 1; i < PLUG_PACKET_DATA; i++) {
        const struct plug__proto *p = plug__packet_proto((enum plug_packet_proto)i);
        if (plug__name_is(p->name, p->aliases, name, len))
            return (enum plug_packet_proto)i;
    }
    return PLUG_PACKET_NONE;
}

const char *plug_packet_list(enum plug_packet_proto proto, unsigned index, const char **ret_aliases,
                             const char **ret_label, unsigned *ret_bits)
{
    const struct plug__proto *p = plug__packet_proto(proto);
    const struct plug__field *f = p ? p->fields : NULL;
    while (f && f->name && index-- > 0)
        f++;
    if (!f || !f->name)
        return NULL;
    if (ret_aliases)
        *ret_aliases = f->aliases;
    if (ret_label)
        *ret_label = f->label;
    if (ret_bits)
        *ret_bits = f->bits;
    return f->name;
}
