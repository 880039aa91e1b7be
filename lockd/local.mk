# lockd
