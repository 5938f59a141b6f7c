/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the controls of a sound card, as ALSA names them. */
#include "levels.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <alsa/asoundlib.h>

/* What lies between a PCM and its sockets; nothing that mixes inputs into outputs. */
static const char *const playback_names[] = {"Master",     "PCM",    "Speaker",      "Headphone",
                                             "Line Out",   "Front",  "Bass Speaker", "Headphone+LO",
                                             "Speaker+LO", "Digital"};
static const char *const capture_names[] = {"Capture"};

static int is_one_of(const char *name, int playback)
{
    const char *const *names = playback ? playback_names : capture_names;
    const size_t count = playback ? sizeof(playback_names) / sizeof(playback_names[0])
                                  : sizeof(capture_names) / sizeof(capture_names[0]);

    for (size_t i = 0; i < count; i++) {
        const size_t length = strlen(names[i]);
        const char *rest = name + length;

        if (strncmp(name, names[i], length) != 0)
            continue;
        if (playback && strncmp(rest, " Playback", 9) == 0)
            rest += 9;
        else if (playback)
            continue;
        if (strcmp(rest, " Switch") == 0 || strcmp(rest, " Volume") == 0)
            return 1;
    }
    return 0;
}

static long wanted(snd_ctl_t *card, snd_ctl_elem_info_t *info)
{
    snd_ctl_elem_id_t *id;
    long value;

    snd_ctl_elem_id_alloca(&id);
    snd_ctl_elem_info_get_id(info, id);
    if (snd_ctl_elem_info_get_type(info) == SND_CTL_ELEM_TYPE_BOOLEAN)
        return 1;
    if (snd_ctl_convert_from_dB(card, id, 0, &value, 0) == 0)
        return value;
    return snd_ctl_elem_info_get_max(info);
}

static int set(snd_ctl_t *card, snd_ctl_elem_id_t *id)
{
    snd_ctl_elem_value_t *v;
    snd_ctl_elem_info_t *info;
    snd_ctl_elem_type_t type;
    long value;

    snd_ctl_elem_info_alloca(&info);
    snd_ctl_elem_value_alloca(&v);
    snd_ctl_elem_info_set_id(info, id);
    snd_ctl_elem_value_set_id(v, id);
    if (snd_ctl_elem_info(card, info) < 0 || !snd_ctl_elem_info_is_writable(info))
        return 0;
    type = snd_ctl_elem_info_get_type(info);
    if (type != SND_CTL_ELEM_TYPE_BOOLEAN && type != SND_CTL_ELEM_TYPE_INTEGER)
        return 0;
    value = wanted(card, info);
    for (unsigned i = 0; i < snd_ctl_elem_info_get_count(info); i++) {
        if (type == SND_CTL_ELEM_TYPE_BOOLEAN)
            snd_ctl_elem_value_set_boolean(v, i, value);
        else
            snd_ctl_elem_value_set_integer(v, i, value);
    }
    return snd_ctl_elem_write(card, v) >= 0;
}

int levels_set(const char *pcm, int playback)
{
    char name[32];
    snd_ctl_elem_list_t *list;
    snd_ctl_elem_id_t *id;
    snd_ctl_t *card;
    int rc, count = 0;

    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(pcm, ","), pcm);
    rc = snd_ctl_open(&card, name, SND_CTL_NONBLOCK);
    if (rc < 0)
        return rc;
    snd_ctl_elem_list_alloca(&list);
    snd_ctl_elem_id_alloca(&id);
    rc = snd_ctl_elem_list(card, list);
    if (rc == 0)
        rc = snd_ctl_elem_list_alloc_space(list, snd_ctl_elem_list_get_count(list));
    if (rc == 0)
        rc = snd_ctl_elem_list(card, list);
    for (unsigned i = 0; rc == 0 && i < snd_ctl_elem_list_get_used(list); i++) {
        snd_ctl_elem_list_get_id(list, i, id);
        if (is_one_of(snd_ctl_elem_id_get_name(id), playback))
            count += set(card, id);
    }
    snd_ctl_elem_list_free_space(list);
    (void)snd_ctl_close(card);
    return rc < 0 ? rc : count;
}
