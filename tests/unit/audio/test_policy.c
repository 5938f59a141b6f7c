/* SPDX-License-Identifier: BSD-3-Clause */
/* The policy's table and what follows from it; ramps and the limiter, sample by sample. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/limiter.h"
#include "policy/policy.h"
#include "policy/ramp.h"

#define ACTIVE(role) (1u << (role))

static struct bn_scenario scenario;

static void init(struct policy *p)
{
    memset(&scenario, 0, sizeof(scenario));
    scenario.vm_count = 2;
    strcpy(scenario.vm[0].name, "ivi");
    strcpy(scenario.vm[1].name, "rear");
    scenario.vm[1].sound.gain_centibel = -60;
    policy_init(p, &scenario);
}

/* Each role gives way to every higher one and to no other; a chime is at least 12 dB above. */
static void test_the_table(void **state)
{
    struct policy p;

    (void)state;
    init(&p);
    for (unsigned role = BN_SOUND_MEDIA; role < BN_SOUND_CHIME; role++) {
        assert_true(policy_decide(&p, 0, role, 0).gain == 1.0f);
        for (unsigned other = BN_SOUND_MEDIA; other < BN_SOUND_ROLES; other++) {
            const struct policy_gain g = policy_decide(&p, 0, role, ACTIVE(other));

            if (other <= role)
                assert_true(g.gain == 1.0f);
            else
                assert_true(g.gain < 0.5f && g.below == other);
        }
        assert_true(policy_decide(&p, 0, role, ACTIVE(BN_SOUND_CHIME)).gain <= 0.2512f);
        assert_true(policy_table[role][BN_SOUND_CHIME].attack_ms <= 20);
        assert_true(policy_table[role][BN_SOUND_CHIME].release_ms >
                    policy_table[role][BN_SOUND_CHIME].attack_ms);
    }
    assert_true(policy_decide(&p, 0, BN_SOUND_MEDIA, ACTIVE(BN_SOUND_TELEPHONE)).gain == 0.0f);
    assert_true(policy_decide(&p, 0, BN_SOUND_CHIME, ~0u).gain == 1.0f);
}

/* Of what guests play the sternest wins; a chime takes down further whatever is heard. */
static void test_several_roles(void **state)
{
    struct policy p;
    struct policy_gain one, two, both;

    (void)state;
    init(&p);
    one = policy_decide(&p, 0, BN_SOUND_NAVIGATION, ACTIVE(BN_SOUND_PARK));
    two = policy_decide(&p, 0, BN_SOUND_NAVIGATION, ACTIVE(BN_SOUND_CHIME));
    both =
        policy_decide(&p, 0, BN_SOUND_NAVIGATION, ACTIVE(BN_SOUND_CHIME) | ACTIVE(BN_SOUND_PARK));
    assert_true(two.gain < one.gain && both.gain == one.gain * two.gain);
    assert_true(both.below == BN_SOUND_CHIME);
    /* down as fast as the chime wants it, up as slowly as the chime wants it */
    assert_int_equal(policy_ramp_ms(&p, BN_SOUND_NAVIGATION, one, both), 5);
    assert_int_equal(policy_ramp_ms(&p, BN_SOUND_NAVIGATION, both, one), 300);
    one = policy_decide(&p, 0, BN_SOUND_MEDIA, ACTIVE(BN_SOUND_NAVIGATION));
    two = policy_decide(&p, 0, BN_SOUND_MEDIA, ACTIVE(BN_SOUND_PARK));
    both =
        policy_decide(&p, 0, BN_SOUND_MEDIA, ACTIVE(BN_SOUND_NAVIGATION) | ACTIVE(BN_SOUND_PARK));
    assert_true(two.gain < one.gain && both.gain == two.gain && both.below == BN_SOUND_PARK);
}

static void test_gain_and_mute(void **state)
{
    struct policy p;

    (void)state;
    init(&p);
    assert_true(fabsf(policy_decide(&p, 1, BN_SOUND_MEDIA, 0).gain - 0.501187f) < 1e-5f);
    assert_int_equal(policy_set_gain(&p, 1, 0), 0);
    assert_true(policy_decide(&p, 1, BN_SOUND_MEDIA, 0).gain == 1.0f);
    assert_int_equal(policy_set_gain(&p, 1, 1), -ERANGE);
    assert_int_equal(policy_set_gain(&p, 1, BN_SOUND_MIN_GAIN - 1), -ERANGE);
    assert_int_equal(policy_set_gain(&p, 2, 0), -EINVAL);
    assert_int_equal(policy_set_mute(&p, 0, true), 0);
    assert_true(policy_decide(&p, 0, BN_SOUND_TELEPHONE, 0).gain == 0.0f);
    assert_int_equal(policy_set_mute(&p, 0, false), 0);
    assert_true(policy_decide(&p, 0, BN_SOUND_TELEPHONE, 0).gain == 1.0f);
    assert_int_equal(policy_set_mute(&p, 2, true), -EINVAL);
}

/* However little somebody wants to be turned down, a chime stands out. */
static void test_duck(void **state)
{
    struct policy p;

    (void)state;
    init(&p);
    assert_int_equal(policy_set_duck(&p, BN_SOUND_MEDIA, -30), 0);
    assert_true(policy_decide(&p, 0, BN_SOUND_MEDIA, ACTIVE(BN_SOUND_NAVIGATION)).gain > 0.7f);
    assert_true(policy_decide(&p, 0, BN_SOUND_MEDIA, ACTIVE(BN_SOUND_TELEPHONE)).gain > 0.7f);
    assert_true(policy_decide(&p, 0, BN_SOUND_MEDIA, ACTIVE(BN_SOUND_CHIME)).gain <= 0.2512f);
    assert_int_equal(policy_set_duck(&p, BN_SOUND_MEDIA, -200), 0);
    assert_true(policy_decide(&p, 0, BN_SOUND_MEDIA, ACTIVE(BN_SOUND_CHIME)).gain < 0.101f);
    assert_int_equal(policy_set_duck(&p, BN_SOUND_CHIME, -30), -EPERM);
    assert_int_equal(policy_set_duck(&p, BN_SOUND_NONE, -30), -EINVAL);
    assert_int_equal(policy_set_duck(&p, BN_SOUND_ROLES, -30), -EINVAL);
    assert_int_equal(policy_set_duck(&p, BN_SOUND_PARK, 1), -ERANGE);
}

static void test_ramps_arrive(void **state)
{
    struct ramp r;

    (void)state;
    ramp_set(&r, 1.0f);
    ramp_to(&r, 0.1f, 240);
    for (unsigned i = 1; i < 240; i++) {
        const float x = ramp_next(&r);

        assert_true(fabsf(x - (1.0f - 0.9f * (float)i / 240.0f)) < 1e-4f);
    }
    assert_true(ramp_next(&r) == 0.1f && ramp_next(&r) == 0.1f);
    ramp_to(&r, 1.0f, 0);
    assert_true(ramp_next(&r) == 1.0f);
}

static void test_limiter(void **state)
{
    enum { FRAMES = 4800 };
    static float left[FRAMES], right[FRAMES], was[FRAMES];
    struct limiter l;
    struct ramp ceiling;
    unsigned back = 0;

    (void)state;
    limiter_init(&l, 48000);
    ramp_set(&ceiling, 1.0f);
    /* at the ceiling: as it is */
    for (unsigned i = 0; i < FRAMES; i++)
        was[i] = left[i] = right[i] = (i & 1) ? -1.0f : 1.0f;
    limiter_run(&l, left, right, FRAMES, &ceiling);
    assert_memory_equal(left, was, sizeof(was));
    /* above it, from one sample to the next, while it falls */
    ramp_to(&ceiling, 0.2f, 240);
    srand(1);
    for (unsigned i = 0; i < FRAMES; i++) {
        left[i] = (float)(rand() % 17 - 8);
        right[i] = (float)(rand() % 3 - 1) * 0.3f;
    }
    {
        struct ramp copy = ceiling;

        limiter_run(&l, left, right, FRAMES, &ceiling);
        for (unsigned i = 0; i < FRAMES; i++) {
            const float top = ramp_next(&copy);

            assert_true(fabsf(left[i]) <= top && fabsf(right[i]) <= top);
        }
    }
    /* and comes back to exactly nothing */
    ramp_set(&ceiling, 1.0f);
    for (unsigned n = 0; n < 20 && !back; n++) {
        for (unsigned i = 0; i < FRAMES; i++)
            left[i] = right[i] = 0.5f;
        limiter_run(&l, left, right, FRAMES, &ceiling);
        back = left[FRAMES - 1] == 0.5f ? n + 1 : 0;
    }
    assert_true(back > 1 && back < 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table),     cmocka_unit_test(test_several_roles),
        cmocka_unit_test(test_gain_and_mute), cmocka_unit_test(test_duck),
        cmocka_unit_test(test_ramps_arrive),  cmocka_unit_test(test_limiter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
