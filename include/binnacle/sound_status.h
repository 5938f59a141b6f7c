/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the sound service says of itself: a file of struct bn_sound_status in the service VM,
 * BN_SOUND_STATUS, which the service maps and binnaclectl reads. It is written in every quantum of
 * the sound card, each member as a whole; they are of one moment only when nothing happens.
 * Counters begin with the service.
 *
 * And how it is told to change: one struct bn_sound_control to the SOCK_SEQPACKET socket
 * BN_SOUND_CONTROL, answered by an int32_t: 0 or -errno.
 */
#ifndef BINNACLE_SOUND_STATUS_H
#define BINNACLE_SOUND_STATUS_H

#include "binnacle/chime.h"
#include "binnacle/scenario.h"

#define BN_SOUND_STATUS         "/run/sound/status"
#define BN_SOUND_CONTROL        "/run/sound/control"
#define BN_SOUND_STATUS_MAGIC   BN_FOURCC('B', 'N', 'S', 'S')
#define BN_SOUND_STATUS_VERSION 1
#define BN_SOUND_STREAMS        (BN_MAX_VMS * BN_MAX_SOUNDS * 2) /* playback and capture */

struct bn_sound_rule { /* of a role's streams while a certain higher role sounds */
    int16_t centibel;
    uint16_t attack_ms, release_ms;
    uint16_t exclusive; /* 1: not heard at all */
};
BN_SIZE_IS(struct bn_sound_rule, 8);

struct bn_sound_vm {
    char name[BN_NAME_BYTES]; /* empty: none */
    int16_t gain_centibel;
    uint8_t muted;
    uint8_t linked; /* 1: its sound device is connected */
    uint32_t reserved;
};
BN_SIZE_IS(struct bn_sound_vm, 24);

enum bn_sound_state {
    BN_SOUND_CLOSED = 0,
    BN_SOUND_OPEN,
    BN_SOUND_STARTED,
    BN_SOUND_FADING, /* its device has gone */
};

struct bn_sound_stream {
    uint8_t vm, stream;    /* number as the guest counts it */
    uint8_t role;          /* enum bn_sound_role; BN_SOUND_NONE: capture */
    uint8_t state;         /* enum bn_sound_state */
    int16_t gain_centibel; /* now, of everything but the guest's own volume */
    int16_t peak_centibel; /* of what it adds to the sum */
    uint32_t rate;
    uint16_t format, channels; /* VIRTIO_SND_PCM_FMT_* */
    uint32_t xruns;            /* quanta that found too little */
    uint32_t reserved;
    uint64_t frames, missing; /* frames taken or given; bytes of silence for want of the guest's */
};
BN_SIZE_IS(struct bn_sound_stream, 40);

struct bn_sound_status {
    uint32_t magic, version;
    char card[BN_NAME_BYTES]; /* where it plays; "null": nowhere */
    uint32_t pid;             /* whoever finds it dead finds the rest as it was */
    uint32_t rate, quantum;
    uint32_t audible;         /* 1: there is a loudspeaker */
    uint64_t cycles;          /* quanta */
    uint64_t card_missed;     /* frames that the card had to go without, as far as is known */
    int16_t ceiling_centibel; /* of everything but chimes, now */
    int16_t limited_centibel; /* what the ceiling takes away from it, now */
    uint32_t delay;           /* frames between the mixer and the loudspeaker */
    struct bn_chime_status chime;
    uint64_t torn; /* looks at the cluster's requests that found them damaged or half written */
    uint32_t vms, streams;
    struct bn_sound_rule rule[BN_SOUND_ROLES][BN_SOUND_ROLES]; /* [role][higher role] */
    struct bn_sound_vm vm[BN_MAX_VMS];
    struct bn_sound_stream stream[BN_SOUND_STREAMS];
};
BN_OFFSET_IS(struct bn_sound_status, rule, 104);
BN_SIZE_IS(struct bn_sound_status, 104 + 288 + 144 + 96 * 40);

enum bn_sound_command {
    BN_SOUND_GAIN = 1, /* vm, value: centibel */
    BN_SOUND_DUCK,     /* role, value: centibel */
    BN_SOUND_MUTE,     /* vm, value: 1 or 0 */
};

struct bn_sound_control {
    uint32_t magic;   /* BN_SOUND_STATUS_MAGIC */
    uint16_t command; /* enum bn_sound_command */
    uint16_t role;
    char vm[BN_NAME_BYTES];
    int32_t value;
    uint32_t reserved;
};
BN_SIZE_IS(struct bn_sound_control, 32);

#endif
