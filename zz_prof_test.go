package loadwright_test
import ("context";"os";"testing";"time"
 "github.com/loadwright/loadwright")
func TestZZProf(t *testing.T){
 s,err:=loadwright.Load(os.Getenv("ZZ_SCN"))
 if err!=nil {t.Fatal(err)}
 b:=time.Now()
 r,err:=loadwright.Run(context.Background(), s, loadwright.Options{URL:os.Getenv("ZZ_URL"),Out:t.TempDir(),NoArchive:true})
 t.Log(err,time.Since(b), r.Iterations)
}
