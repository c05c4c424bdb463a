/* Where the platform can choose between variants of a function as it loads, it is compiled for more than one
   generation of processors. What such a function calls has to be inlined, or it is compiled for the oldest. */

#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define PER_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define PER_PROCESSOR
#endif

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#elif defined(_MSC_VER)
#define INLINE static __forceinline
#else
#define INLINE static inline
#endif
