dnl HF_PKG(PREFIX, MODULE, DEBIAN-PACKAGE): a library found by pkg-config, or
dnl an error that tells which package to install.
AC_DEFUN([HF_PKG], [
PKG_CHECK_MODULES([$1], [$2], [],
	[AC_MSG_ERROR([$2 is missing: apt-get install $3])])
])

dnl HF_PROBE_CFLAGS(FLAGS): appends to HF_CFLAGS each flag that the compiler
dnl takes without complaint (clang only warns of those it does not know).
AC_DEFUN([HF_PROBE_CFLAGS], [
for hf_flag in $1; do
	AC_MSG_CHECKING([whether $CC takes $hf_flag])
	hf_saved_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS -Werror $hf_flag"
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
		[AC_MSG_RESULT([yes]); HF_CFLAGS="$HF_CFLAGS $hf_flag"],
		[AC_MSG_RESULT([no])])
	CFLAGS=$hf_saved_CFLAGS
done
])
