/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the table of fragment shaders: one part of the shading language each. */
#include <stdio.h>

#include "gl.h"

static const char vertex[] =
    "#version 300 es\n"
    "in vec2 at; out vec2 p; flat out int corner; out vec3 q;\n"
    "void main() { p = at * 0.5 + 0.5; corner = gl_VertexID;\n"
    "    q = vec3(at, float(gl_VertexID)); gl_Position = vec4(at, 0, 1); }\n";

static const char head[] = "#version 300 es\n"
                           "precision highp float; precision highp int;\n"
                           "in vec2 p; in vec3 q; flat in int corner; out vec4 c;\n"
                           "uniform float t; uniform ivec4 n; uniform sampler2D tex;\n";

const struct shader shaders[] = {
    {"gradient", "", "c = vec4(p, t, 1);"},
    {"arithmetic", "", "c = vec4(p.x + p.y, p.x - p.y, p.x * p.y * 4.0, p.x / (p.y + t)) * 0.5;"},
    {"swizzle", "", "vec4 v = vec4(p, t, 1); c = v.wzyx.yxwz.xxyz; c.zw = v.yx;"},
    {"sine", "", "c = vec4(sin(p * 9.0) * 0.5 + 0.5, tan(t * p.x) * 0.5, 1);"},
    {"arcs", "", "c = vec4(asin(p.x), acos(p.y), atan(p.y, p.x + t), atan(p.x * 5.0)) * 0.5;"},
    {"hyperbolic", "", "c = vec4(sinh(p.x) * 0.5, cosh(p.y) * 0.5, tanh(p.x * 3.0), 1);"},
    {"inverse-hyperbolic", "", "c = vec4(asinh(p.x), acosh(1.0 + p.y), atanh(p.x * 0.9), 1);"},
    {"exponents", "", "c = vec4(exp(-p.x), exp2(p.y) * 0.5, log(1.0 + p.x), log2(1.0 + p.y));"},
    {"powers", "", "c = vec4(pow(p.x, t), sqrt(p.y), inversesqrt(p.x + 1.0), pow(p.y, 5.0));"},
    {"rounding", "",
     "vec2 v = p * 8.0 - 4.0; c = vec4(floor(v.x), ceil(v.y), trunc(v.x), roundEven(v.y)) * 0.1 + "
     "0.5;"},
    {"modulo", "", "c = vec4(fract(p.x * 7.0), mod(p.y * 9.0 - 4.0, 1.5), mod(p, 0.25) * 4.0);"},
    {"modf", "", "float w; float f = modf(p.x * 6.0, w); c = vec4(f, w / 6.0, p.y, 1);"},
    {"bounds", "", "c = vec4(min(p.x, p.y), max(p.x, p.y), clamp(p.x, 0.3, 0.6), abs(p.y - 0.5));"},
    {"sign", "", "c = vec4(sign(p - 0.5) * 0.5 + 0.5, sign(t), 1);"},
    {"steps", "", "c = vec4(step(t, p.x), smoothstep(0.2, 0.8, p.y), mix(p.x, p.y, t), 1);"},
    {"mix-by-bool", "",
     "c = mix(vec4(p, 0, 1), vec4(1, 0, p), bvec4(p.x > t, p.y > t, true, false));"},
    {"geometry", "",
     "vec3 v = vec3(p, t); c = vec4(length(v) * 0.5, distance(p, p.yx), dot(v, v) * 0.4, cross(v, "
     "vec3(0, 1, t)).x);"},
    {"normals", "", "vec3 v = normalize(vec3(p - 0.5, t)); c = vec4(v * 0.5 + 0.5, 1);"},
    {"mirrors", "",
     "vec3 v = normalize(vec3(p, 1)); vec3 m = vec3(0, 0, 1);"
     "c = vec4(reflect(v, m).z + 1.0, refract(v, -m, 0.7).xy, faceforward(m, v, m).z * 0.5 + "
     "0.5);"},
    {"matrix-product", "",
     "mat3 m = mat3(p.x, p.y, t, 1, 0, p.x, 0, 1, p.y); c = vec4(m * m * vec3(p, t) * 0.3, 1);"},
    {"matrix-inverse", "",
     "mat2 m = mat2(1.0 + p.x, p.y, t, 1); c = vec4(inverse(m)[0], determinant(m), 1);"},
    {"matrix-columns", "",
     "mat4x3 m = mat4x3(0.1); m[3] = vec3(p, t); mat3x4 r = transpose(m); c = r[0] + r[1] * 0.5 + "
     "matrixCompMult(r, r)[2];"},
    {"outer-product", "", "mat2x3 m = outerProduct(vec3(p, t), p); c = vec4(m[0] + m[1].zxy, 1);"},
    {"branch", "",
     "if (p.x > t) c = vec4(1, p.y, 0, 1); else if (p.y > t) c = vec4(0, 1, p.x, 1); else c = "
     "vec4(p, p);"},
    {"loop", "",
     "float s = 0.0; for (int i = 0; i < n.x * 4; i++) s += p.x / float(i + 1); c = vec4(s * 0.25, "
     "p.y, 0, 1);"},
    {"loop-break", "",
     "int i = 0; float s = p.x; while (true) { s *= 0.8; if (s < 0.1 || i > 20) break; i++; if (i "
     "% 2 == 0) continue; s *= 0.95; }"
     "c = vec4(float(i) / 12.0, s * 8.0, p.y, 1);"},
    {"nested-loops", "",
     "float s = 0.0; for (int i = 0; i < n.x; i++) for (int j = 0; j < n.y; j++) s += sin(p.x * "
     "float(i) + p.y * float(j));"
     "c = vec4(s * 0.05 + 0.5, p, 1);"},
    {"mandelbrot", "",
     "vec2 z = vec2(0), o = p * 2.4 - vec2(1.7, 1.2); int i = 0;"
     "for (; i < 40 && dot(z, z) < 4.0; i++) z = vec2(z.x * z.x - z.y * z.y, 2.0 * z.x * z.y) + o;"
     "c = vec4(vec3(float(i) / 40.0, float(i % 8) / 8.0, float(i % 3) / 3.0), 1);"},
    {"switch", "",
     "switch (int(p.x * 5.0)) { case 0: c = vec4(1, 0, 0, 1); break; case 1: case 2: c = vec4(0, "
     "p.y, 0, 1); break;"
     "case 3: c = vec4(0, 0, 1, 1); default: c = vec4(p.y); }"},
    {"function",
     "float twice(float x) { return 2.0 * x; } void out2(in float a, out float b, inout float d) { "
     "b = twice(a); d += b; }",
     "float b, d = p.y; out2(p.x * 0.3, b, d); c = vec4(b, d * 0.5, twice(t * 0.5), 1);"},
    {"overload",
     "float f(float x) { return x; } float f(vec2 v) { return v.x * v.y; } float f(int i) { return "
     "float(i) * 0.1; }",
     "c = vec4(f(p.x), f(p), f(n.x), 1);"},
    {"structure", "struct inner { vec2 v; float s; }; struct outer { inner i[2]; vec3 w; };",
     "outer o = outer(inner[2](inner(p, t), inner(p.yx, 0.2)), vec3(p, 1)); c = vec4(o.i[n.w - "
     "1].v, o.i[0].s, o.w.z);"},
    {"array", "const float table[6] = float[6](0.1, 0.9, 0.3, 0.7, 0.2, 1.0);",
     "float own[4]; for (int i = 0; i < 4; i++) own[i] = table[(i * n.y) % 6]; c = "
     "vec4(own[int(p.x * 4.0)], table[int(p.y * 6.0)], 0, 1);"},
    {"array-of-vectors", "",
     "vec3 v[3] = vec3[3](vec3(p, 0), vec3(0, p), vec3(t)); v[int(p.x * 3.0)].yz *= 0.5; c = "
     "vec4(v[int(p.y * 3.0)], 1);"},
    {"integers", "",
     "ivec2 i = ivec2(p * 64.0); c = vec4(i.x * n.x % 64, i.y / n.y, (i.x + n.z) / n.w, i.y - i.x "
     "+ 64) / vec4(64, 21, 32, 128);"},
    {"bits", "",
     "uvec2 u = uvec2(p * 255.0); c = vec4(u.x & u.y, u.x | u.y, u.x ^ u.y, ~u.x & 255u) / 255.0;"},
    {"shifts", "",
     "int i = int(p.x * 31.0); uint u = uint(p.y * 31.0); c = vec4((i << 2) & 255, (u << 3u) & "
     "255u, n.z >> (i & 3), (255u >> (u & 7u))) / vec4(255, 255, -8, 255);"},
    {"float-bits", "",
     "uint u = floatBitsToUint(p.x); c = vec4(float(u >> 23 & 7u) / 7.0, float(u >> 15 & 255u) / "
     "255.0, uintBitsToFloat(u), intBitsToFloat(floatBitsToInt(p.y)));"},
    {"packing", "",
     "uint u = packUnorm2x16(p), h = packHalf2x16(p * 2.0), s = packSnorm2x16(p - 0.5); c = "
     "vec4(unpackUnorm2x16(u).x, unpackHalf2x16(h).y * 0.5, unpackSnorm2x16(s) + 0.5);"},
    {"conversions", "",
     "c = vec4(float(int(p.x * 10.0)) * 0.1, float(uint(p.y * 10.0)) * 0.1, float(p.x > p.y), "
     "float(bool(int(p.x * 4.0) - 2)));"},
    {"comparisons", "",
     "bvec3 b = lessThan(vec3(p, t), vec3(0.5)); c = vec4(any(b), all(b), not(b).x, equal(ivec2(p "
     "* 4.0), ivec2(1)).y);"},
    {"logic", "", "bool a = p.x > 0.5, b = p.y > 0.5; c = vec4(a && b, a || b, a ^^ b, !a || b);"},
    {"special-values", "",
     "float z = t - 0.37, i = 1.0 / (z * 0.0 + max(0.0, floor(p.x - 0.5) + 1.0)); c = "
     "vec4(isinf(i), isnan(p.y), p);"},
    {"discard", "",
     "if (distance(p, vec2(0.5)) > t || int(p.x * 32.0) % 3 == 0) discard; c = vec4(p, 1, 1);"},
    {"fragment-place", "",
     "c = vec4(gl_FragCoord.xy / 64.0, gl_FragCoord.z, float(int(gl_FragCoord.x) & "
     "int(gl_FragCoord.y) & 1));"},
    {"facing", "", "c = gl_FrontFacing ? vec4(0, p, 1) : vec4(p, 0, 1);"},
    {"derivatives", "",
     "float f = sin(p.x * 20.0) + p.y * p.y * 8.0; c = vec4(abs(dFdx(f)), abs(dFdy(f)) * 2.0, "
     "fwidth(f), 1);"},
    {"flat", "", "c = vec4(float(corner) / 3.0, p, 1);"},
    {"varyings", "", "c = vec4(q * vec3(0.5, 0.5, 0.3) + vec3(0.5, 0.5, 0), 1);"},
    {"texture", "", "c = texture(tex, p * 1.5 - 0.2);"},
    {"texture-fetch", "", "c = texelFetch(tex, ivec2(p * 32.0) ^ ivec2(3, 5), 0);"},
    {"texture-offset", "",
     "c = textureOffset(tex, p, ivec2(2, -3)) * 0.5 + texelFetchOffset(tex, ivec2(p * 20.0), 0, "
     "ivec2(1)) * 0.5;"},
    {"texture-size", "",
     "ivec2 s = textureSize(tex, 0); c = vec4(vec2(s) / 64.0, texture(tex, p / vec2(s) * "
     "8.0).xy);"},
    {"texture-lod", "",
     "c = textureLod(tex, p, 0.0) * 0.5 + textureProj(tex, vec3(p, 1.0 + p.x)) * 0.5;"},
    {"texture-gradient", "", "c = textureGrad(tex, p, vec2(0.01, 0), vec2(0, 0.01));"},
    {"dependent-reads", "",
     "vec4 v = texture(tex, p); for (int i = 0; i < 3; i++) v = texture(tex, v.xy + t * 0.1); c = "
     "v;"},
    {"uniform-block", "layout(std140) uniform part { vec4 a; float b[3]; mat2 m; };",
     "c = vec4(m * p, b[n.w], a.w) + a * 0.1;"},
    {"noise", "float hash(vec2 v) { return fract(sin(dot(v, vec2(12.9898, 4.1414))) * 43.5453); }",
     "vec2 i = floor(p * 8.0), f = fract(p * 8.0); vec2 u = f * f * (3.0 - 2.0 * f);"
     "c = vec4(vec3(mix(mix(hash(i), hash(i + vec2(1, 0)), u.x), mix(hash(i + vec2(0, 1)), hash(i "
     "+ 1.0), u.x), u.y)), 1);"},
    {"lighting", "",
     "vec2 s = p * 2.0 - 1.0; float r = dot(s, s); if (r > 1.0) { c = vec4(0.1, 0.1, 0.2, 1); "
     "return; }"
     "vec3 m = vec3(s, sqrt(1.0 - r)), l = normalize(vec3(t, 0.6, 0.7)), h = normalize(l + vec3(0, "
     "0, 1));"
     "c = vec4(vec3(0.2, 0.5, 0.3) * max(dot(m, l), 0.0) + pow(max(dot(m, h), 0.0), 24.0), 1);"},
    {"medium-precision", "mediump float half_of(mediump float x) { return x * 0.5; }",
     "lowp vec4 v = vec4(p, t, 1); mediump vec2 m = p * 3.0; c = vec4(half_of(m.x), half_of(m.y), "
     "v.z, v.w);"},
};
const size_t shader_count = sizeof(shaders) / sizeof(shaders[0]);

/* The block that "uniform-block" reads: std140 puts each element of b and each column of m at 16
 * bytes. */
static void give_block(GLuint program)
{
    static const GLfloat part[6][4] = {{0.5f, 0.25f, 0, 1}, {0.1f, 0, 0, 0},    {0.6f, 0, 0, 0},
                                       {0.8f, 0, 0, 0},     {0.5f, 0.2f, 0, 0}, {0.1f, 0.7f, 0, 0}};
    const GLuint index = glGetUniformBlockIndex(program, "part");
    GLuint buffer;

    if (index == GL_INVALID_INDEX)
        return;
    glGenBuffers(1, &buffer);
    glBindBufferBase(GL_UNIFORM_BUFFER, 0, buffer);
    glBufferData(GL_UNIFORM_BUFFER, sizeof(part), part, GL_STATIC_DRAW);
    glUniformBlockBinding(program, index, 0);
}

bool shader_draw(const struct shader *s)
{
    static GLuint texture;
    char fragment[4096];
    GLuint program;

    snprintf(fragment, sizeof(fragment), "%s%s\nvoid main() { %s }\n", head, s->declarations,
             s->body);
    program = gl_program(s->name, vertex, fragment);
    if (!program)
        return false;
    if (!texture)
        texture = gl_texture(32);
    glBindTexture(GL_TEXTURE_2D, texture);
    glUniform1f(gl_uniform("t"), 0.37f);
    glUniform4i(gl_uniform("n"), 5, 3, -7, 2);
    give_block(program);
    gl_quad();
    return true;
}
